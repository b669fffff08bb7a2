import { fork, spawn } from 'node:child_process';
import { chmod, chown, link, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { decodeKeyFile, encodeKeyFile } from '../../src/format/index.js';
import { capabilities } from '../../src/posix/index.js';
import { initVault, openVault } from '../../src/vault/index.js';
import { makeVault, memoryLogger, openUser, storeSnapshot } from './fixture.js';

const isRoot = process.geteuid?.() === 0;
const NOBODY = 65534;

t.test('openVault() on what is no vault says so and leaves it alone', async (t) => {
  const root = t.testdir({ empty: {}, file: 'x' });
  for (const name of ['empty', 'file', 'missing', 'file/below']) {
    const path = join(root, name);
    await t.rejects(openVault({ path }), { code: 'NOT_A_VAULT', message: /bitacora init.*--vault/ }, name);
  }
  t.same(await readdir(join(root, 'empty')), []);
});

t.test('a newer format is told before anything else', async (t) => {
  const { path, open } = await makeVault(t);
  const file = join(path, 'vault.json');
  const text = await readFile(file, 'utf8');
  await chmod(file, 0o600);
  await writeFile(file, text.replace('"format":0', '"format":7'));
  await t.rejects(open({ keyFile: '/nowhere' }), { code: 'FORMAT_NEWER', message: /[Uu]pgrade/ });
  await rm(file);
  await t.rejects(open({ keyFile: '/nowhere' }), { code: 'KEY_MISSING' });
  await writeFile(file, text);
  const copy = join(path, 'copies', 'vault.json');
  await chmod(copy, 0o600);
  await writeFile(copy, text.replace('"format":0', '"format":7'));
  await t.rejects(open({ keyFile: '/nowhere' }), { code: 'FORMAT_NEWER' }, 'an upgrade may have come that far');
});

t.test('a changed vault.json whose copy is changed as well is found', async (t) => {
  const { path, open } = await makeVault(t);
  const files = [join(path, 'vault.json'), join(path, 'copies', 'vault.json')];
  const text = await readFile(files[0]!, 'utf8');
  const change = async (to: string) => {
    for (const file of files) {
      await chmod(file, 0o600);
      await writeFile(file, to);
    }
  };
  await change(text.replace(/"created":(\d+)/, '"created":1$1'));
  await t.rejects(open(), { code: 'KEY_WRONG' });
  await change(text.slice(0, 20));
  await t.rejects(open(), { code: 'DATA_CORRUPT', message: /vault\.json/ });
  for (const file of files) await rm(file);
  await t.rejects(open(), { code: 'NOT_A_VAULT' });
});

t.test('of vault.json and its copy one is enough, and the other is made again', async (t) => {
  const { path, open } = await makeVault(t);
  const files = [join(path, 'vault.json'), join(path, 'copies', 'vault.json')];
  const text = await readFile(files[0]!, 'utf8');
  for (const file of files) {
    for (const bad of [undefined, '', text.slice(0, 20), text.replace(/"created":(\d+)/, '"created":1$1')]) {
      await rm(file);
      if (bad !== undefined) await writeFile(file, bad, { mode: 0o400 });
      const reader = await open({ readOnly: true });
      await reader.close();
      t.equal(await readFile(file, 'utf8').catch(() => undefined), bad, 'a reader changes nothing');
      const logger = memoryLogger();
      const vault = await open({ logger });
      if (bad !== undefined) t.ok(logger.lines.some((line) => line.startsWith('warn:') && line.includes('vault.json')));
      t.same(await vault.check(), []);
      await vault.close();
      for (const each of files) t.equal(await readFile(each, 'utf8'), text);
    }
  }
});

t.test('a missing key file is told with the places looked at', async (t) => {
  const { root, open } = await makeVault(t);
  const gone = join(root, 'gone');
  await t.rejects(open({ keyFile: gone }), {
    code: 'KEY_MISSING',
    message: new RegExp(`${gone}.*--key-file`),
    details: { looked: [gone] },
  });
  const environment = { configHome: join(root, 'c'), dataHome: root, uid: 1, credentialsDirectory: join(root, 'cred') };
  await t.rejects(open({ keyFile: undefined, environment }), {
    code: 'KEY_MISSING',
    message: /bitacora-master-key.*bitacora\/keys\/[0-9a-f]{32}\.key/,
  });
});

t.test('a systemd credential is the key, whatever its mode', async (t) => {
  const { root, keyFile, open } = await makeVault(t);
  const directory = join(root, 'credentials');
  await mkdir(directory);
  await writeFile(join(directory, 'bitacora-master-key'), await readFile(keyFile), { mode: 0o440 });
  const uid = process.geteuid?.() ?? 0;
  const vault = await open({
    keyFile: undefined,
    environment: { configHome: root, dataHome: root, uid, credentialsDirectory: directory },
  });
  t.equal(vault.keyFile, join(directory, 'bitacora-master-key'));
  await vault.close();
});

t.test('another vault’s key and another key of this vault are wrong', async (t) => {
  const { root, keyFile, open } = await makeVault(t);
  const other = await initVault({ path: join(root, 'other'), keyFile: join(root, 'other-key') });
  const expected = { code: 'KEY_WRONG', message: /--key-file/ };
  await t.rejects(open({ keyFile: other.keyFile }), expected);
  // A key that says that it is this vault's: the vault id swapped, the check digits made to fit.
  const mine = decodeKeyFile(await readFile(keyFile), 'mine');
  const theirs = decodeKeyFile(await readFile(other.keyFile), 'theirs');
  const forged = join(root, 'forged');
  await writeFile(forged, encodeKeyFile({ vaultId: mine.vaultId, masterKey: theirs.masterKey }), { mode: 0o600 });
  await t.rejects(open({ keyFile: forged }), expected);
});

t.test('a key that others can read or change is refused', async (t) => {
  const { keyFile, open } = await makeVault(t);
  for (const mode of [0o640, 0o604, 0o660, 0o601, 0o777]) {
    await chmod(keyFile, mode);
    await t.rejects(open(), { code: 'KEY_UNSAFE', message: /chmod 600/ }, mode.toString(8));
  }
  await chmod(keyFile, 0o400);
  await (await open()).close();
  if (isRoot) {
    await chown(keyFile, NOBODY, NOBODY);
    await t.rejects(open(), { code: 'KEY_UNSAFE', message: /chown/ });
  }
});

t.test('a key inside the vault is refused, through links too', async (t) => {
  const { path, root, keyFile, open } = await makeVault(t);
  const inside = join(path, 'key');
  await link(keyFile, inside);
  await t.rejects(open({ keyFile: inside }), { code: 'KEY_UNSAFE', message: /inside the vault/ });
  await symlink(inside, join(root, 'link'));
  await t.rejects(open({ keyFile: join(root, 'link') }), { code: 'KEY_UNSAFE' });
  await symlink(path, join(root, 'alias'));
  await t.rejects(open({ keyFile: join(root, 'alias', 'key') }), { code: 'KEY_UNSAFE' });
  await t.rejects(open({ path: join(root, 'alias'), keyFile: inside }), { code: 'KEY_UNSAFE' });
});

t.test('a key file that is none is malformed', async (t) => {
  const { root, keyFile, open } = await makeVault(t);
  const text = await readFile(keyFile, 'utf8');
  const file = join(root, 'bad');
  const key = /[0-9a-f]{64}/.exec(text)![0];
  for (const bad of ['', 'hello', text.replace(key, key.slice(2)), text.replace(/[0-9a-f]$/m, 'x'), text + text]) {
    await writeFile(file, bad, { mode: 0o600 });
    const error = await open({ keyFile: file }).catch((error) => error);
    t.match(error, { code: 'KEY_MALFORMED' });
    t.notMatch(String(error.message), key.slice(0, 16), 'no message quotes a key');
  }
  await writeFile(file, Buffer.alloc(1 << 20), { mode: 0o600 });
  await t.rejects(open({ keyFile: file }), { code: 'KEY_MALFORMED' });
  await t.rejects(open({ keyFile: root }), { code: 'KEY_MALFORMED' });
});

t.test('a key that is there and cannot be read is told apart from one that is missing', async (t) => {
  const { root, open } = await makeVault(t);
  // Whoever may read everything still cannot follow a link that leads back to itself.
  await symlink(join(root, 'loop'), join(root, 'loop'));
  await t.rejects(open({ keyFile: join(root, 'loop') }), { code: 'KEY_UNREADABLE', message: /ELOOP.*--key-file/ });
  await t.rejects(open({ keyFile: join(root, 'none') }), { code: 'KEY_MISSING' });
});

t.test('a second opening in the same process is refused while the first lasts', async (t) => {
  const { open } = await makeVault(t);
  const vault = await open();
  await t.rejects(open(), { code: 'VAULT_BUSY', retryable: true, message: /try again/ });
  await vault.close();
  await vault.close();
  await (await open()).close();
});

t.test('a second process is kept out, and let in once the first was killed', async (t) => {
  const { path, keyFile, open } = await makeVault(t);
  const holder = fork(fileURLToPath(new URL('./holder.js', import.meta.url)), [path, keyFile]);
  t.teardown(() => holder.kill('SIGKILL'));
  await new Promise((resolve) => holder.once('message', resolve));
  const pid = capabilities().kernelLock ? { details: { pid: holder.pid } } : {};
  await t.rejects(open(), { code: 'VAULT_BUSY', ...pid });
  const reader = await open({ readOnly: true });
  t.equal(reader.readOnly, true);
  await reader.close();
  holder.kill('SIGKILL');
  await new Promise((resolve) => holder.once('exit', resolve));
  await (await open()).close();
});

t.test('who finds a vault in use learns of its holder’s socket, and of no earlier holder’s', async (t) => {
  const { path, open } = await makeVault(t);
  const holder = { directory: path, pid: process.pid };
  const socket = '/run/bitacora/é.sock';
  const daemon = await open({ socket });
  const told = capabilities().kernelLock;
  if (told) t.same((await open().catch((error) => error)).details, { ...holder, socket });
  await daemon.close();
  const vault = await open();
  if (told) t.same((await open({ socket }).catch((error) => error)).details, holder);
  t.equal(await readFile(join(path, 'lock'), 'utf8'), `${process.pid}\n\n`);
  await vault.close();
  await t.rejects(open({ socket: 'a\nb' }), TypeError);
});

t.test('without the kernel’s lock, the index’s own keeps a second opening out', async (t) => {
  const { path, keyFile } = await makeVault(t);
  const code = await new Promise<number | null>((resolve, reject) => {
    const script = fileURLToPath(new URL('./holder.js', import.meta.url));
    const env = { ...process.env, BITACORA_NO_NATIVE: '1' };
    spawn(process.execPath, [script, path, keyFile, 'twice'], { env, stdio: 'inherit' })
      .once('exit', resolve)
      .once('error', reject);
  });
  t.equal(code, 75);
});

t.test('unfinished writes of a killed process are cleaned when the lock is taken', async (t) => {
  const { path, open } = await makeVault(t);
  await (await open()).close();
  await writeFile(join(path, 'tmp', 'left'), 'half');
  await (await open({ readOnly: true })).close();
  t.same(await readdir(join(path, 'tmp')), ['left']);
  await (await open()).close();
  t.same(await readdir(join(path, 'tmp')), []);
});

t.test('a vault opened for reading shows what is in it and is not changed', async (t) => {
  const { path, open } = await makeVault(t);
  const vault = await open();
  const user = await openUser(vault);
  await storeSnapshot(user, 'a');
  await vault.close();
  await rm(join(path, 'index'), { recursive: true });
  await rm(join(path, 'lock'));
  const reader = await open({ readOnly: true });
  t.equal(reader.readOnly, true);
  const again = await reader.openUser('ana');
  t.equal((await again.snapshots.list()).length, 1);
  await t.rejects(again.log.append({ kind: 'forget', body: { backupIds: [] } }), { code: 'VAULT_READ_ONLY' });
  await t.rejects(reader.ensureUser('bob'), { code: 'VAULT_READ_ONLY' });
  t.throws(() => reader.checkWritable(), { code: 'VAULT_READ_ONLY' });
  t.equal((await reader.ensureUser('ana')).created, false);
  await reader.close();
  t.same((await readdir(path)).sort(), ['copies', 'registry', 'tmp', 'users', 'vault.json']);
});

t.test('a vault that may not be written is opened for reading', async (t) => {
  const { path, keyFile, open } = await makeVault(t);
  const vault = await open();
  await storeSnapshot(await openUser(vault), 'a');
  await vault.close();
  // What root may do is not limited by modes: the reader is somebody else then.
  if (isRoot) {
    await chown(keyFile, NOBODY, NOBODY);
    for (const name of [path, ...(await readdir(path, { recursive: true })).map((name) => join(path, name))]) {
      await chmod(name, (await stat(name)).isDirectory() ? 0o555 : 0o444);
    }
  } else await chmod(path, 0o500);
  t.teardown(() => chmod(path, 0o700));
  const script = fileURLToPath(new URL('./holder.js', import.meta.url));
  const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const lines: string[] = [];
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(process.execPath, [script, path, keyFile, 'read'], {
      ...as,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.on('data', (data) => lines.push(String(data)));
    child.once('exit', resolve).once('error', reject);
  });
  t.equal(code, 0);
  t.match(lines.join(''), /readOnly=true snapshots=1 write=VAULT_READ_ONLY/);
});

t.test('that a vault is in use is told before its key is asked for, and a key that fails lets it go', async (t) => {
  const place = await makeVault(t);
  const holder = await place.open({ socket: '/run/holder.sock' });
  const without = { ...place, keyFile: join(place.root, 'none') };
  await t.rejects(openVault(without), { code: 'VAULT_BUSY', details: { socket: '/run/holder.sock' } });
  await holder.close();
  await t.rejects(openVault(without), { code: 'KEY_MISSING' });
  await (await place.open()).close();
});
