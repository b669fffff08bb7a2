import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { type FaultEffect, MemoryBackend, scriptedFaults, withFaults } from '../../src/storage/index.js';
import { chooseVaultPath, initVault, openVault, type VaultEnvironment } from '../../src/vault/index.js';
import { PROGRAM } from '../helpers/delivered.js';

const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

t.test('initVault() makes a private vault, and the key elsewhere', async (t) => {
  const root = t.testdir();
  const path = join(root, 'deep', 'vault');
  const keyFile = join(root, 'keys', 'of', 'mine', 'key');
  const made = await initVault({ path, keyFile });
  t.equal(made.path, path);
  t.equal(made.keyFile, keyFile);
  t.match(made.vaultId, /^[0-9a-f]{32}$/);
  t.equal(await mode(path), '700');
  t.equal(await mode(keyFile), '600');
  t.equal(await mode(dirname(keyFile)), '700');
  t.match(await readFile(keyFile, 'utf8'), new RegExp(`^bitacora-master-key 0 ${made.vaultId} [0-9a-f]{64} `, 'm'));
  t.same((await readdir(path)).sort(), ['copies', 'tmp', 'vault.json']);
  const vault = await openVault({ path, keyFile });
  t.equal(vault.id, made.vaultId);
  t.equal(vault.readOnly, false);
  await vault.close();
});

t.test('without a key file named, the key goes to its usual place and is found there', async (t) => {
  const root = t.testdir();
  const environment: VaultEnvironment = {
    configHome: join(root, 'config'),
    dataHome: join(root, 'data'),
    uid: process.geteuid?.() || 1,
  };
  const path = chooseVaultPath(undefined, environment);
  t.equal(path, join(root, 'data', 'bitacora', 'vault'));
  const made = await initVault({ path, environment });
  t.equal(made.keyFile, join(root, 'config', 'bitacora', 'keys', `${made.vaultId}.key`));
  const vault = await openVault({ path, environment });
  t.equal(vault.keyFile, made.keyFile);
  await vault.close();
});

t.test('chooseVaultPath() takes what was given, then BITACORA_VAULT, then the usual place', async (t) => {
  const environment = { configHome: '/c', dataHome: '/d', uid: 0 };
  t.equal(chooseVaultPath('/given', { ...environment, vault: '/env' }), '/given');
  t.equal(chooseVaultPath(undefined, { ...environment, vault: '/env' }), '/env');
  t.equal(chooseVaultPath(undefined, environment), '/var/lib/bitacora/vault');
  t.equal(chooseVaultPath(undefined, { ...environment, uid: 5 }), '/d/bitacora/vault');
});

t.test('an empty directory will do, and so will what a killed init left', async (t) => {
  const root = t.testdir({ vault: {}, left: { tmp: {} } });
  await initVault({ path: join(root, 'vault'), keyFile: join(root, 'key') });
  await initVault({ path: join(root, 'left'), keyFile: join(root, 'key2') });
});

t.test('initVault() refuses a place where something is, and leaves it as it is', async (t) => {
  const root = t.testdir({ full: { file: 'x' }, file: 'x' });
  const keyFile = join(root, 'key');
  const refuse = (path: string) =>
    t.rejects(initVault({ path, keyFile }), { code: 'VAULT_EXISTS', message: /--vault/ });
  await refuse(join(root, 'full'));
  await refuse(join(root, 'file'));
  await refuse(join(root, 'file', 'below'));
  t.same(await readdir(join(root, 'full')), ['file']);
  await t.rejects(stat(keyFile), { code: 'ENOENT' });
  await initVault({ path: join(root, 'vault'), keyFile });
  const before = await readFile(keyFile);
  await refuse(join(root, 'vault'));
  t.same(await readFile(keyFile), before);
});

t.test('initVault() never overwrites a key', async (t) => {
  const root = t.testdir({ key: 'another vault’s' });
  const path = join(root, 'vault');
  const keyFile = join(root, 'key');
  await t.rejects(initVault({ path, keyFile }), { code: 'VAULT_EXISTS', message: /--key-file/ });
  t.equal(await readFile(keyFile, 'utf8'), 'another vault’s');
  await t.rejects(openVault({ path, keyFile }), { code: 'NOT_A_VAULT' });
});

t.test('initVault() refuses a key inside the vault, through links too', async (t) => {
  const root = t.testdir();
  const path = join(root, 'vault');
  await t.rejects(initVault({ path, keyFile: join(path, 'key') }), { code: 'KEY_UNSAFE', message: /--key-file/ });
  await mkdir(path);
  await symlink(path, join(root, 'link'));
  await t.rejects(initVault({ path, keyFile: join(root, 'link', 'sub', 'key') }), { code: 'KEY_UNSAFE' });
  t.same(await readdir(path), []);
});

t.test('a failed init leaves no key, unless there may be a vault', async (t) => {
  const root = t.testdir();
  const path = join(root, 'vault');
  const keyFile = join(root, 'key');
  const init = (effect: FaultEffect) =>
    initVault({ path, keyFile, backend: withFaults(new MemoryBackend(), scriptedFaults([{ verb: 'put', effect }])) });
  await t.rejects(init('no-space'), { code: 'NO_SPACE' });
  await t.rejects(stat(keyFile), { code: 'ENOENT' });
  await t.rejects(init('unknown'), { code: 'OBJECT_UNKNOWN' });
  t.equal(await mode(keyFile), '600');
});

t.test('two inits in turn on one backend make one vault', async (t) => {
  const root = t.testdir();
  const backend = new MemoryBackend();
  const path = join(root, 'vault');
  const results = await Promise.allSettled(
    [1, 2, 3].map((i) => initVault({ path, keyFile: join(root, `key${i}`), backend })),
  );
  const made = results.filter((result) => result.status === 'fulfilled');
  t.equal(made.length, 1);
  for (const result of results) if (result.status === 'rejected') t.match(result.reason, { code: 'VAULT_EXISTS' });
  const keys = (await readdir(root)).filter((name) => name.startsWith('key'));
  t.equal(keys.length, 1, 'only the winner’s key is kept');
  const vault = await openVault({ path, keyFile: join(root, keys[0]!), backend });
  await vault.close();
});

t.test('the names of the directories that init makes are durable before the vault is', async (t) => {
  const root = t.testdir();
  const path = join(root, 'deep', 'vault');
  const words = ['-f', '-y', '-e', 'trace=fsync,link,linkat', process.execPath, PROGRAM];
  const args = [...words, 'init', '--vault', path, '--key-file', join(root, 'key')];
  const { status, stderr } = spawnSync('strace', args, { encoding: 'utf8' });
  if (status !== 0) return t.pass('calls cannot be traced here');
  const lines = stderr.split('\n');
  const commit = lines.findIndex((line) => /link(at)?\(.*vault\.json"/.test(line));
  t.ok(commit > 0);
  for (const directory of [root, join(root, 'deep')]) {
    const at = lines.findIndex((line) => /fsync\(/.test(line) && line.includes(`<${directory}>`));
    t.ok(at >= 0 && at < commit, directory);
  }
});
