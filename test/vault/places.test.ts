import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { MemoryBackend } from '../../src/storage/index.js';
import { chooseVaultPath } from '../../src/vault/index.js';
import { readKeyFile } from '../../src/vault/key-file.js';
import { makeVault } from './fixture.js';

t.test('what the configuration names goes before the usual places, and behind what was named nearer', async (t) => {
  const { root, keyFile, path } = await makeVault(t, new MemoryBackend());
  const usual = { configHome: join(root, 'c'), dataHome: root, uid: process.geteuid?.() ?? 0 };
  const environment = { ...usual, configuredVault: '/srv/vault', configuredKeyFile: keyFile };
  t.equal(chooseVaultPath(undefined, environment), '/srv/vault');
  t.equal(chooseVaultPath(undefined, { ...environment, vault: '/srv/other' }), '/srv/other');
  t.equal(chooseVaultPath('/srv/given', { ...environment, vault: '/srv/other' }), '/srv/given');
  t.equal((await readKeyFile('0'.repeat(32), path, undefined, environment)).file, keyFile);
  await t.rejects(readKeyFile('0'.repeat(32), path, join(root, 'given'), environment), {
    code: 'KEY_MISSING',
    details: { looked: [join(root, 'given')] },
  });
  const credentialsDirectory = join(root, 'credentials');
  await mkdir(credentialsDirectory);
  const credential = join(credentialsDirectory, 'bitacora-master-key');
  await copyFile(keyFile, credential);
  const all = { ...environment, credentialsDirectory };
  t.equal((await readKeyFile('0'.repeat(32), path, undefined, all)).file, credential);
});
