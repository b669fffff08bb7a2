import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DEFAULT_SETTINGS, type Settings } from '../../src/api/index.js';
import { parse, type Served, serve } from './fixture.js';
import { ask } from './http.js';

function limited(t: Test, space: Partial<Settings['space']>): Promise<Served> {
  return serve(t, { settings: { ...DEFAULT_SETTINGS, space: { ...DEFAULT_SETTINGS.space, ...space } } });
}

function fill({ source }: Served, name: string, bytes: number): void {
  writeFileSync(join(source, name), randomBytes(bytes));
}

t.test('a user at the quota is warned, then refused with 507, and can still be restored', async (t) => {
  const served = await limited(t, { userBytesMax: 400_000, warningShare: 0.5 });
  fill(served, 'one', 250_000);
  t.match(parse((await served.backUp()).text), { status: 'complete', warnings: [] });
  fill(served, 'two', 50_000);
  const near = parse((await served.backUp()).text);
  t.match(near.warnings, [/^6\d % of the quota of "ana" is used/]);
  fill(served, 'three', 300_000);
  const refused = await served.backUp();
  t.equal(refused.status, 507);
  t.match(parse(refused.text), { error: { code: 'NO_SPACE' } });
  const list = parse((await ask(served.socket, '/api/backups/ana')).text);
  t.equal((list.backups as unknown[]).length, 2, 'nothing is committed of what did not fit');
  const target = join(served.root, 'out');
  const restored = await ask(served.socket, '/api/restore', { body: { user_id: 'ana', target, verify: true } });
  t.equal(restored.status, 200);
  t.equal((await served.backUp({ user_id: 'bob', paths: [join(served.source, 'a.txt')] })).status, 200, 'others go on');
});

t.test('a vault at its size refuses everybody before anything is read', async (t) => {
  const served = await limited(t, { vaultBytesMax: 200_000 });
  fill(served, 'one', 150_000);
  t.equal((await served.backUp()).status, 200);
  fill(served, 'two', 45_000);
  t.equal((await served.backUp()).status, 507);
});

/** Snapshots of other content each, all but the newest forgotten. */
async function withForgotten(served: Served, times: number, bytes: number): Promise<void> {
  let before: unknown;
  for (let i = 0; i < times; i++) {
    fill(served, 'a', bytes);
    const { backup_id: id } = parse((await served.backUp()).text);
    if (before) await ask(served.socket, `/api/backups/ana/${before}/forget`, { method: 'POST', body: {} });
    before = id;
  }
}

async function withTrash(served: Served, times: number, bytes: number): Promise<void> {
  await withForgotten(served, times, bytes);
  await prune(served);
}

const prune = (served: Served) =>
  ask(served.socket, '/api/prune', { method: 'POST', body: { user_id: 'ana', allow_large: true } });

async function trashOf({ daemon }: Served): Promise<number> {
  const user = await daemon.vault.openUser('ana');
  try {
    return (await daemon.vault.stored.sizesOf(user.uid)).trashBytes;
  } finally {
    user.close();
  }
}

t.test(
  'at the quota the trash of that user goes before its grace, as far as it takes, and nobody is refused',
  async (t) => {
    const served = await limited(t, { userBytesMax: 1_000_000 });
    await withTrash(served, 3, 250_000);
    t.ok((await trashOf(served)) > 500_000);
    fill(served, 'a', 250_000);
    const reply = await served.backUp();
    t.equal(reply.status, 200, reply.text);
    const left = await trashOf(served);
    t.ok(left > 200_000 && left < 300_000, `${left} of more than 500000 are left`);
  },
);

t.test('at the quota what was forgotten is pruned, marked again and gone, for the very backup that asks', async (t) => {
  const served = await limited(t, { userBytesMax: 1_000_000 });
  await withForgotten(served, 3, 250_000);
  fill(served, 'a', 250_000);
  const reply = await served.backUp();
  t.equal(reply.status, 200, reply.text);
});

t.test('what was estimated too low is refused once, and has room the next time', async (t) => {
  const served = await limited(t, { userBytesMax: 1_000_000 });
  await withTrash(served, 3, 250_000);
  fill(served, 'a', 10);
  t.equal((await served.backUp()).status, 200);
  fill(served, 'b', 600_000);
  const refused = await served.backUp();
  t.equal(refused.status, 507);
  t.match(parse(refused.text), { error: { code: 'NO_SPACE', details: { trash_bytes: Number } } });
  t.equal((await served.backUp()).status, 200);
});

t.test('a refusal says what there is, and what to do', async (t) => {
  const served = await limited(t, { vaultBytesMax: 200_000 });
  fill(served, 'one', 150_000);
  await served.backUp();
  fill(served, 'two', 30_000);
  await served.backUp();
  fill(served, 'two', 45_000);
  const { error } = parse((await served.backUp()).text) as unknown as {
    error: { message: string; details: Record<string, unknown> };
  };
  t.match(error.details, {
    left_bytes: Number,
    expected_bytes: Number,
    live_bytes: Number,
    trash_bytes: 0,
    max_bytes: 200_000,
  });
  t.match(error.message, /in use and 0 in the trash.*A prune of everybody has begun \(job /);
  const job = served.daemon.queue.list().find(({ id }) => id === error.details.job);
  t.match(job, { operation: 'prune', user: undefined });
  await served.daemon.queue.wait(String(error.details.job));
  const again = parse((await served.backUp()).text) as unknown as { error: { message: string } };
  t.match(again.error.message, /Forget snapshots.*--grace 0.*max_size_gb/);
});

t.test('a user’s own quota holds instead of the configured one, and whoever is near is named', async (t) => {
  const served = await limited(t, { userBytesMax: 1_000_000, warningShare: 0.5 });
  const set = (quota_bytes: number | null) =>
    ask(served.socket, '/api/users/ana', { method: 'PUT', body: { quota_bytes } });
  const show = async () => parse((await ask(served.socket, '/api/users/ana')).text);
  const end = async () => {
    const body = { user_id: 'ana', session_id: 's1', data: { sparks: [{ id: 'a' }] } };
    const reply = await ask(served.socket, '/api/commands/end', { body });
    return { status: reply.status, warnings: parse(reply.text).warnings as string[] };
  };
  fill(served, 'a', 250_000);
  await served.backUp();
  t.match(await show(), { quota_bytes: null, quota: { max_bytes: 1_000_000, from: 'configuration' }, trash_bytes: 0 });
  t.same((await end()).warnings, []);
  t.equal((await set(300_000)).status, 200);
  t.match(await show(), { quota_bytes: 300_000, quota: { max_bytes: 300_000, from: 'user' } });
  t.match((await end()).warnings, [/^8\d % of the quota of "ana" is used/]);
  const checks = parse((await ask(served.socket, '/api/health')).text).checks as { name: string }[];
  t.match(
    checks.find(({ name }) => name === 'quotas'),
    { status: 'degraded', message: /ana \(8\d %\)/ },
  );
  t.match((await ask(served.socket, '/metrics')).text, /^bitacora_quota_used_ratio\{user="ana"\} 0\.8/m);
  await set(100_000);
  t.equal((await end()).status, 507);
  await set(0);
  t.match(await show(), { quota: { max_bytes: null, from: 'user' } });
  t.same(await end(), { status: 200, warnings: [] });
  const next = await served.restart();
  t.match(parse((await ask(next.socket, '/api/users/ana')).text), { quota_bytes: 0 });
  await ask(next.socket, '/api/users/ana', { method: 'PUT', body: { quota_bytes: null } });
  t.match(parse((await ask(next.socket, '/api/users/ana')).text), { quota: { from: 'configuration' } });
});
