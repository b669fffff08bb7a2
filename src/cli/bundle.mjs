/**
 * Joins the compiled program's modules to a few files, since Node takes about 0.7 ms to load a module and a command would
 * load two hundred of them, and each worker again. Entries: the command line and the engine's worker. What is imported
 * only when needed stays apart. Usage: node src/cli/bundle.mjs [OUT_DIR, default dist]
 */
import { copyFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const compiled = join(root, process.argv[2] ?? 'dist', 'src');
const bundle = join(compiled, 'bundle');

rmSync(bundle, { recursive: true, force: true });
await build({
  entryPoints: { main: join(compiled, 'cli/main.js'), thread: join(compiled, 'engine/thread.js') },
  outdir: bundle,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.12',
  packages: 'external',
  logLevel: 'warning',
});
copyFileSync(join(compiled, 'chunking/kernel.wasm'), join(bundle, 'kernel.wasm'));
