import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { StatusAnswer } from '../../src/api/contract/status.js';
import { DEFAULT_SETTINGS, type Settings } from '../../src/api/index.js';
import { vaultCheck } from '../../src/api/operations/health.js';
import { Gate, parse, type Served, serve } from './fixture.js';
import { ask } from './http.js';

interface Health {
  readonly status: string;
  readonly checks: readonly { readonly name: string; readonly status: string; readonly message: string }[];
}

/** Asked again where the users are still being looked at, as it does not wait for that. */
async function health(served: Served): Promise<{ http: number; said: Health }> {
  for (;;) {
    const answer = await healthNow(served);
    if (answer.said.checks.every(({ status }) => status !== 'unknown')) return answer;
  }
}

async function healthNow({ socket }: Served): Promise<{ http: number; said: Health }> {
  const { status, text } = await ask(socket, '/api/health');
  return { http: status, said: parse(text) as unknown as Health };
}

const worse = ({ checks }: Health) => checks.filter(({ status }) => status !== 'ok').map(({ name }) => name);

t.test('a sound daemon is healthy, and says what it looked at', async (t) => {
  const served = await serve(t);
  await served.backUp();
  const { http, said } = await health(served);
  t.equal(http, 200);
  t.same([said.status, worse(said)], ['ok', []]);
  t.same(said.checks.map(({ name }) => name).sort(), [
    'backups',
    'copy',
    'prune',
    'queue',
    'quotas',
    'scrub',
    'space',
    'vault',
  ]);
});

t.test('a copy that is missing, a backup that failed and damage are told, by the word alone to others', async (t) => {
  const missingCopy = 'There is no second copy.';
  const served = await serve(t, { settings: { ...DEFAULT_SETTINGS, missingCopy } satisfies Settings });
  t.same(worse((await health(served)).said), ['copy']);
  await served.backUp();
  await served.backUp({ paths: [join(served.root, 'none')] });
  t.same(worse((await health(served)).said), ['copy', 'backups']);
  t.match((await health(served)).said.checks.find(({ name }) => name === 'backups')?.message, /\bana\b/);
  await served.backUp();
  t.same(worse((await health(served)).said), ['copy'], 'the next one heals');
  await served.daemon.queue.submit(
    { operation: 'scrub', user: undefined, access: 'read', input: {}, durable: false },
    { work: async () => ({ status: 'damaged' }) },
  );
  for (const { id } of served.daemon.queue.list()) await served.daemon.queue.wait(id);
  const { http, said } = await health(served);
  t.same([http, said.status, worse(said)], [200, 'degraded', ['copy', 'scrub']]);
  const made = await ask(served.socket, '/api/tokens', { body: { name: 'app', users: ['*'], scopes: ['list'] } });
  const headers = { authorization: `Bearer ${String(parse(made.text).token)}` };
  t.same(parse((await ask(served.socket, '/api/health', { headers })).text), { status: 'degraded' });
});

t.test('damage that was found of one user is told whoever else is checked behind, until it is gone', async (t) => {
  const served = await serve(t);
  const { queue } = served.daemon;
  const check = async (user: string | undefined, status: string): Promise<string[]> => {
    const request = { operation: 'scrub', user, access: 'read', input: {}, durable: false } as const;
    await queue.wait((await queue.submit(request, { work: async () => ({ status }) })).id);
    return worse((await health(served)).said);
  };
  t.same(await check(undefined, 'damaged'), ['scrub']);
  t.same(await check('ana', 'sound'), ['scrub'], 'a check of one user says nothing of the others');
  t.same(await check(undefined, 'sound'), []);
  t.same(await check('ben', 'damaged'), ['scrub']);
  t.same(await check('ana', 'sound'), ['scrub']);
  t.same(await check('ben', 'sound'), []);
});

t.test('a wrong call for somebody who is not there makes nobody look unsafe', async (t) => {
  const served = await serve(t);
  await served.backUp();
  for (const [user_id, status] of [
    ['nobody', 422],
    ['..', 400],
  ] as const) {
    const reply = await ask(served.socket, '/api/commands/end', { body: { user_id, session_id: 's1' } });
    t.equal(reply.status, status, reply.text);
  }
  t.same(worse((await health(served)).said), []);
  t.notMatch((await ask(served.socket, '/metrics')).text, /user="(nobody|\.\.)"/);
});

t.test('what was checked and pruned is known after a restart, and a check that is overdue is told', async (t) => {
  const served = await serve(t);
  await served.backUp();
  t.equal((await ask(served.socket, '/api/scrub', { method: 'POST', body: {} })).status, 200);
  t.equal((await ask(served.socket, '/api/prune', { method: 'POST', body: {} })).status, 200);
  const again = await served.restart();
  const { said } = await health(again);
  t.match(said.checks.find(({ name }) => name === 'scrub')?.message, /^The check of .* found no damage/);
  t.match(said.checks.find(({ name }) => name === 'prune')?.message, /^What was not needed went on/);
  const { rounds } = parse((await ask(again.socket, '/api/status')).text) as unknown as StatusAnswer;
  t.match(rounds, [
    { operation: 'prune', outcome: 'done' },
    { operation: 'scrub', outcome: 'sound' },
  ]);
  const done = figure(await scrape(again), 'bitacora_round_done_timestamp_seconds{operation="scrub"}');
  t.equal(done, Date.parse(rounds[1]!.ended) / 1000);
  const { rounds: notes } = again.daemon.vault;
  await notes.note('scrub', { started: 0, ended: Date.now() - 4 * 86_400_000, outcome: 'sound' });
  t.same(worse((await health(again)).said), ['scrub']);
  await notes.note('scrub', { started: 0, ended: Date.now() - 2 * 86_400_000, outcome: 'sound' });
  t.same(worse((await health(again)).said), []);
  await notes.note('prune', { started: 0, ended: Date.now(), outcome: 'held' });
  t.same(worse((await health(again)).said), ['prune']);
});

t.test('a vault that cannot be written fails, with the status that takes it out of service', async (t) => {
  const served = await serve(t);
  Object.defineProperty(served.daemon.vault, 'readOnly', { value: true });
  const { http, said } = await health(served);
  t.same([http, said.status, worse(said)], [503, 'failing', ['vault']]);
});

t.test('without room a vault cannot be written, however it was opened', async (t) => {
  const vault = { path: '/v', readOnly: false };
  t.match(vaultCheck(vault, { usableBytes: 4096 }), { status: 'failing', message: /file system is full/ });
  t.equal(vaultCheck(vault, { usableBytes: 1 << 20 }).status, 'ok');
  t.equal(vaultCheck(vault, undefined).status, 'ok', 'where it cannot be told');
  t.equal(vaultCheck({ ...vault, readOnly: true }, { usableBytes: 1 << 30 }).status, 'failing');
});

t.test('while the users are being looked at that is said, and nobody waits for it', async (t) => {
  const served = await serve(t);
  await served.daemon.vault.ensureUser('ana');
  const { vault } = served.daemon;
  const looked = new Gate();
  const eachUser = vault.eachUser.bind(vault);
  Object.defineProperty(vault, 'eachUser', {
    value: async function* () {
      await looked.opened;
      yield* eachUser();
    },
  });
  const { http, said } = await healthNow(served);
  t.same([http, said.status, worse(said)], [200, 'ok', ['backups']]);
  t.match(
    said.checks.find(({ name }) => name === 'backups'),
    { status: 'unknown', message: /still being looked at\. So far: 0 users/ },
  );
  looked.open();
  const later = await health(served);
  t.same(worse(later.said), []);
  t.match(later.said.checks.find(({ name }) => name === 'backups')?.message, /^1 users are looked at, 1 of them/);
});

const scrape = async ({ socket }: Served) => (await ask(socket, '/metrics')).text;
const figure = (text: string, name: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')
      .at(-1),
  );

t.test('figures tell of successes, failures, durations, sizes, the queue, space and the process', async (t) => {
  const served = await serve(t);
  const made = parse((await served.backUp()).text);
  await served.backUp({ paths: [join(served.root, 'none')] });
  await ask(served.socket, '/none');
  const { status, headers } = await ask(served.socket, '/metrics');
  t.match([status, headers['content-type']], [200, /^text\/plain; version=0\.0\.4/]);
  const text = await scrape(served);
  const time = Date.parse(String(made.timestamp)) / 1000;
  t.equal(figure(text, 'bitacora_last_success_timestamp_seconds{user="ana"}'), time);
  t.ok(figure(text, 'bitacora_last_success_age_seconds{user="ana"}') >= 0);
  t.equal(figure(text, 'bitacora_jobs_ended_total{operation="backup",outcome="succeeded"}'), 1);
  t.equal(figure(text, 'bitacora_failures_total{operation="backup",code="SOURCE_MISSING"}'), 1);
  t.equal(figure(text, 'bitacora_job_duration_seconds_count{operation="backup"}'), 2);
  t.equal(figure(text, 'bitacora_snapshot_size_bytes_sum'), 8);
  t.equal(figure(text, 'bitacora_bytes_added_total'), Number(made.bytes_added));
  t.equal(figure(text, 'bitacora_jobs{state="queued"}'), 0);
  t.equal(figure(text, 'bitacora_users_failing'), 1);
  t.ok(figure(text, 'bitacora_writer_wait_seconds_count') >= 1, 'the commit had its turn');
  t.equal(figure(text, 'bitacora_vault_writable'), 1);
  t.ok(figure(text, 'bitacora_vault_filesystem_bytes{what="free"}') > 0);
  t.equal(figure(text, 'bitacora_http_requests_total{operation="backup",status="200"}'), 1);
  t.equal(figure(text, 'bitacora_http_requests_total{operation="none",status="404"}'), 1);
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']) {
    t.ok(figure(text, name) >= 0, name);
  }
});

t.test('after a restart the newest success is known again, and a partial one is none', async (t) => {
  const served = await serve(t);
  const made = parse((await served.backUp()).text);
  const again = await served.restart();
  writeFileSync(join(again.source, 'a.txt'), 'changed\n');
  const text = await scrape(again);
  t.equal(
    figure(text, 'bitacora_last_success_timestamp_seconds{user="ana"}'),
    Date.parse(String(made.timestamp)) / 1000,
  );
  t.equal(figure(text, 'bitacora_users_watched'), 1);
  await again.daemon.queue.submit(
    { operation: 'backup', user: 'ana', access: 'write', input: {}, durable: false },
    { work: async () => ({ status: 'partial', timestamp: '2100-01-01T00:00:00Z' }) },
  );
  for (const { id } of again.daemon.queue.list()) await again.daemon.queue.wait(id);
  const later = await scrape(again);
  t.equal(
    figure(later, 'bitacora_last_success_timestamp_seconds{user="ana"}'),
    Date.parse(String(made.timestamp)) / 1000,
  );
  t.equal(figure(later, 'bitacora_jobs_ended_total{operation="backup",outcome="partial"}'), 1);
  t.equal(figure(later, 'bitacora_users_failing'), 1);
});
