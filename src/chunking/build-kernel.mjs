// Compiles the chunker's kernel to WebAssembly: node src/chunking/build-kernel.mjs [OUT_DIR]
// OUT_DIR (default: dist, beside src) is the folder that tsc writes to; the kernel lands where the compiled loader looks.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const room = dirname(fileURLToPath(import.meta.url));
const root = resolve(room, '../..');
const outDir = resolve(root, process.argv[2] ?? 'dist');

const OPTIONS = [
  '--baseDir',
  room,
  '-O3',
  '--converge',
  '--noAssert',
  '--enable',
  'simd',
  '--runtime',
  'stub',
  '--importMemory',
  '--noExportMemory',
];

const binaries = new Map();
const { error, stderr } = await asc.main(['kernel/sgear.ts', ...OPTIONS, '--outFile', 'kernel.wasm'], {
  writeFile: (name, contents) => void binaries.set(name, contents),
});
const wasm = binaries.get('kernel.wasm');
if (error || wasm === undefined) {
  process.stderr.write(`Cannot compile the chunker's kernel: ${error?.message ?? 'no output'}\n${stderr.toString()}`);
  process.exit(1);
}
const target = join(outDir, 'src/chunking/kernel.wasm');
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, wasm);
