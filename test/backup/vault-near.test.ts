import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkSources } from '../../src/backup/index.js';
import { makeSetting, noise } from './fixture.js';

t.test('checkSources() refuses what lies in the vault, and the vault itself', async (t) => {
  const { root, source, vaultPath } = await makeSetting(t, { local: true });
  symlinkSync(join(vaultPath, 'users'), join(root, 'by link'));
  for (const path of [
    vaultPath,
    join(vaultPath, 'users'),
    join(vaultPath, 'vault.json'),
    join(root, 'by link'),
    root,
  ]) {
    t.throws(() => checkSources([path], vaultPath), { code: 'VAULT_IN_SOURCE' }, path);
  }
  t.same(
    checkSources([source], vaultPath).paths.map(({ scope }) => scope),
    [`path:${source}`],
  );
});

t.test('checkSources() lets a walk that stays on its file system pass by a vault on another', async (t) => {
  const other = mkdtempSync('/dev/shm/bitacora-vault-');
  t.teardown(() => rmSync(other, { recursive: true }));
  if (statSync(other).dev === statSync('/').dev) return t.pass('all is one file system here');
  t.throws(() => checkSources(['/'], other), { code: 'VAULT_IN_SOURCE' });
  t.throws(() => checkSources(['/dev/shm'], other, { oneFileSystem: true }), { code: 'VAULT_IN_SOURCE' });
  t.equal(checkSources(['/'], other, { oneFileSystem: true }).paths.length, 1);
});

t.test('backup() stops when the vault turns up where the walk goes', async (t) => {
  const setting = await makeSetting(t);
  const vaultPath = join(setting.root, 'moving vault');
  mkdirSync(vaultPath);
  writeFileSync(join(vaultPath, 'pack'), 'sealed');
  setting.write('a', noise(2 * 2 ** 20));
  setting.write('b/file', 'content');
  setting.hooks.call = (type) => {
    if (type === 'write.stream') renameSync(vaultPath, join(setting.source, 'b', 'vault'));
  };
  await t.rejects(setting.run({ vaultPath }), { code: 'VAULT_IN_SOURCE', message: /b\/vault": the vault turned up/ });
  t.same(await setting.repository.snapshots.list(), []);
});

t.test('backup() refuses chunks that are too long for it', async (t) => {
  const setting = await makeSetting(t);
  setting.write('a', 'content');
  const { chunker } = setting.repository;
  const long = { ...chunker.large, maxBytes: 4 * 2 ** 20 };
  Object.assign(setting.repository, { chunker: { ...chunker, large: long } });
  await t.rejects(setting.run(), { code: 'FORMAT_NEWER', message: /4194304/ });
  t.same(await setting.repository.snapshots.list(), []);
});
