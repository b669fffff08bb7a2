import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { listTree } from './listing.js';
import { changeSmallTree, makeSmallTree } from './sample-trees.js';
import { copyGolden, USER } from './vaults.js';

const COMPILED = fileURLToPath(new URL('../../', import.meta.url));
const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
/** What npm cannot install without a compiler or a download, and what a system without prebuilt binaries lacks. */
const NATIVE = ['zstd-napi', 'koffi', '@koromix'];
/** Forces both ways without native code, whatever is installed. */
const FORCED = { BITACORA_ZSTD: 'wasm', BITACORA_NO_NATIVE: '1' };

/** The program as npm installs it, in a directory of its own, without the packages of native code. */
function installWithoutNative(root: string): string {
  const install = join(root, 'install');
  mkdirSync(join(install, 'node_modules'), { recursive: true });
  cpSync(join(PROJECT, 'package.json'), join(install, 'package.json'));
  cpSync(join(COMPILED, 'src'), join(install, 'dist/src'), { recursive: true });
  for (const name of readdirSync(join(PROJECT, 'node_modules'))) {
    if (name.startsWith('.') || NATIVE.includes(name)) continue;
    symlinkSync(join(PROJECT, 'node_modules', name), join(install, 'node_modules', name));
  }
  return install;
}

function run(root: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: root, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function makeRoot(t: Test): string {
  const root = mkdtempSync(join(tmpdir(), 'bitacora-plain-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

t.test('an install without native packages cannot reach them', async (t) => {
  const root = makeRoot(t);
  const install = installWithoutNative(root);
  for (const name of ['zstd-napi', 'koffi']) {
    const { status, stderr } = run(install, ['--input-type=module', '-e', `await import('${name}')`]);
    t.equal(status, 1);
    t.match(stderr, /ERR_MODULE_NOT_FOUND/);
  }
});

t.test('what native zstd wrote is restored where only plain packages are', async (t) => {
  const { root, vault, keyFile, expected } = copyGolden(t, 'format-0-zstd');
  const installed = join(installWithoutNative(root), 'dist/src/cli/main.js');
  const ways = [
    { name: 'forced', program: join(COMPILED, 'src/cli/main.js'), env: FORCED },
    { name: 'installed', program: installed, env: {} },
    { name: 'both', program: installed, env: FORCED },
  ];
  for (const { name, program, env } of ways) {
    const target = join(root, name);
    const args = [program, '--vault', vault, '--key-file', keyFile, 'restore', USER, '--latest', '--target', target];
    t.match(run(root, args, env), { status: 0 }, name);
    t.same(listTree(join(target, expected.scope)), expected.snapshots.at(-1)?.tree, name);
  }
});

t.test('a round trip works where only plain packages are, and with a full install on either side', async (t) => {
  const root = makeRoot(t);
  const full = join(COMPILED, 'src/cli/main.js');
  const plain = join(installWithoutNative(root), 'dist/src/cli/main.js');
  const source = join(root, 'source');
  const place = ['--vault', join(root, 'vault'), '--key-file', join(root, 'key')];
  const call = (program: string, ...args: string[]) => run(root, [program, ...place, ...args]);
  makeSmallTree(source);
  t.match(call(plain, 'init'), { status: 0 });
  t.match(call(plain, 'backup', 'ana', '--path', source), { status: 0 });
  changeSmallTree(source);
  t.match(call(full, 'backup', 'ana', '--path', source), { status: 0 });
  for (const [name, program] of Object.entries({ full, plain })) {
    t.match(call(program, 'restore', 'ana', '--latest', '--target', join(root, name)), { status: 0 }, name);
    t.same(listTree(join(root, name, source)), listTree(source), name);
  }
});
