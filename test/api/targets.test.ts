import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DEFAULT_SETTINGS, type Settings } from '../../src/api/index.js';
import { parse, serve } from './fixture.js';
import { ask } from './http.js';

async function place(t: Test, allowed: (root: string) => string[]) {
  const settings: { -readonly [Name in keyof Settings]: Settings[Name] } = { ...DEFAULT_SETTINGS };
  const served = await serve(t, { settings });
  settings.access = { hosts: [], peers: [], allowedTargets: allowed(served.root) };
  await served.backUp();
  await served.backUp({ user_id: 'bob' });
  const made = await ask(served.socket, '/api/tokens', {
    body: { name: 'app', users: ['ana'], scopes: ['restore', 'backup', 'admin'] },
  });
  const headers = { authorization: `Bearer ${String(parse(made.text).token)}` };
  const restore = (target: string, more: object = {}) =>
    ask(served.socket, '/api/restore', { headers, body: { user_id: 'ana', latest: true, target, ...more } });
  return { ...served, headers, restore };
}

t.test(
  'whoever is no administrator restores below what is allowed, where the directories are made, and nowhere else',
  async (t) => {
    const { root, source, restore } = await place(t, (root) => [join(root, 'allowed', '{user}')]);
    mkdirSync(join(root, 'allowed'));
    mkdirSync(join(root, 'elsewhere'));
    const done = await restore(join(root, 'allowed', 'ana', 'deep', 'er'));
    t.equal(done.status, 200, done.text);
    t.equal(readFileSync(join(root, 'allowed', 'ana', 'deep', 'er', source, 'a.txt'), 'utf8'), 'one\n');
    for (const target of [
      '/',
      '/etc',
      join(root, 'elsewhere'),
      join(root, 'allowed'),
      join(root, 'allowed', 'bob', 'x'),
      join(root, 'allowed', 'anabel'),
      `${root}/allowed/ana/../../elsewhere/x`,
      `${root}/allowed/ana/./x`,
      `${root}/allowed/{user}/x`,
    ]) {
      const refused = await restore(target);
      t.equal(refused.status, 403, target);
      t.match(parse(refused.text), { error: { code: 'NOT_ALLOWED' } });
    }
    t.notOk(existsSync(join(root, 'allowed', 'bob')) || existsSync(join(root, 'elsewhere', 'x')));
  },
);

t.test('a link below an allowed directory is not followed, wherever it leads', async (t) => {
  const { root, restore } = await place(t, (root) => [join(root, 'allowed')]);
  mkdirSync(join(root, 'allowed', 'inside'), { recursive: true });
  mkdirSync(join(root, 'elsewhere'));
  symlinkSync(join(root, 'elsewhere'), join(root, 'allowed', 'out'));
  symlinkSync('inside', join(root, 'allowed', 'in'));
  writeFileSync(join(root, 'allowed', 'file'), '');
  for (const name of ['out', 'out/x', 'in', 'in/x', 'file', 'file/x']) {
    const refused = await restore(join(root, 'allowed', name), { overwrite: 'always' });
    t.match(parse(refused.text), { error: { code: 'TARGET_UNSAFE' } }, name);
  }
  t.notOk(existsSync(join(root, 'elsewhere', 'x')));
  t.notOk(existsSync(join(root, 'allowed', 'inside', 'x')));
  const dry = await restore(join(root, 'allowed', 'new'), { dry_run: true });
  t.equal(dry.status, 200, dry.text);
  t.notOk(existsSync(join(root, 'allowed', 'new')), 'a dry run makes nothing');
});

t.test('an allowed directory that holds the vault does not open it', async (t) => {
  const { root, daemon, restore } = await place(t, (root) => [root]);
  t.ok(daemon.vault.path.startsWith(root));
  const refused = await restore(join(daemon.vault.path, 'x'));
  t.match(parse(refused.text), { error: { code: 'TARGET_IN_VAULT' } });
});

t.test('paths, sources and what widens a capture are for administrators to name', async (t) => {
  const { socket, headers, source } = await place(t, () => []);
  const backup = { user_id: 'ana', type: 'manual' };
  for (const more of [
    { paths: [source] },
    { paths: [] },
    { exclude: ['*'] },
    { one_file_system: true },
    { include_caches: true },
    { max_file_bytes: 1 },
    { codec: 'none' },
    { level: 1 },
  ]) {
    const refused = await ask(socket, '/api/commands/backup', { headers, body: { ...backup, ...more } });
    t.match(parse(refused.text), { error: { code: 'NOT_ALLOWED', message: new RegExp(Object.keys(more)[0]!) } });
  }
  const set = { sources: [{ kind: 'path', path: '/etc' }] };
  const quotas = [{ quota_bytes: 0 }, { quota_bytes: null }];
  for (const body of [set, { add_sources: set.sources }, { remove_sources: set.sources }, ...quotas]) {
    const refused = await ask(socket, '/api/users/ana', { method: 'PUT', headers, body });
    t.match(parse(refused.text), { error: { code: 'NOT_ALLOWED' } });
  }
  t.equal((await ask(socket, '/api/users/ana', { method: 'PUT', headers, body: { exclude: [] } })).status, 200);
  for (const more of [{ grace_days: 0 }, { allow_large: true }, { free_bytes: 1 }]) {
    const refused = await ask(socket, '/api/prune', { headers, body: { user_id: 'ana', ...more } });
    t.match(parse(refused.text), { error: { code: 'NOT_ALLOWED' } });
  }
  const nothing = await ask(socket, '/api/commands/backup', { headers, body: backup });
  t.match(parse(nothing.text), { error: { code: 'NO_SOURCE' } }, 'what is configured is what it gets');
});

t.test('what a snapshot holds takes more than what it is called', async (t) => {
  const { socket, backUp } = await serve(t);
  const { backup_id: id } = parse((await backUp()).text);
  const bearing = async (scopes: readonly string[]) => {
    const made = await ask(socket, '/api/tokens', { body: { name: scopes.join('-'), users: ['ana'], scopes } });
    return { authorization: `Bearer ${String(parse(made.text).token)}` };
  };
  const [list, both] = [await bearing(['list']), await bearing(['list', 'restore'])];
  const status = async (query: string, headers: Readonly<Record<string, string>>) =>
    (await ask(socket, `/api/backups/ana/${String(id)}${query}`, { headers })).status;
  t.same([await status('', list), await status('?data=0', list), await status('?data=1', list)], [200, 200, 403]);
  t.equal(await status('?data=1', both), 200);
});

t.test('a token makes no user, even for all users', async (t) => {
  const { socket, daemon } = await serve(t);
  const made = await ask(socket, '/api/tokens', { body: { name: 'app', users: ['*'], scopes: ['backup', 'admin'] } });
  const headers = {
    authorization: `Bearer ${String(parse(made.text).token)}`,
    'content-type': 'application/octet-stream',
  };
  const sent = await ask(socket, '/api/commands/backup?user_id=new&type=manual&stream_name=x', {
    method: 'POST',
    headers,
    raw: 'bytes',
  });
  t.match(parse(sent.text), { error: { code: 'UNKNOWN_USER' } });
  t.same((await daemon.vault.users()).records, []);
});
