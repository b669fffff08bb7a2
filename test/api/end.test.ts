import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_SETTINGS } from '../../src/api/index.js';
import { Gate, parse, type Served, serve } from './fixture.js';
import { ask, type Reply } from './http.js';

interface Ended {
  readonly backup_id: string;
  readonly captured: string[];
  readonly follow_up: string[];
  readonly warnings: string[];
  readonly [member: string]: unknown;
}

function end(served: Served, body: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  return ask(served.socket, '/api/commands/end', { body: { user_id: 'ana', session_id: 's1', ...body }, headers });
}

const ended = (reply: Reply): Ended => parse(reply.text) as unknown as Ended;

async function list(served: Served, user = 'ana'): Promise<Record<string, unknown>[]> {
  return parse((await ask(served.socket, `/api/backups/${user}`)).text).backups as Record<string, unknown>[];
}

t.test('an END without anything to capture says which setting to make, and makes no user', async (t) => {
  const served = await serve(t);
  const reply = await end(served);
  t.equal(reply.status, 422);
  t.match(parse(reply.text), { error: { code: 'NO_SOURCE', details: { setting: 'records.pull_command' } } });
  t.equal((await ask(served.socket, '/api/users/ana')).status, 404);
});

t.test('an END without data notes the end of the session where there is something of the user', async (t) => {
  const served = await serve(t);
  await served.backUp();
  const reply = await end(served);
  t.equal(reply.status, 200);
  t.match(ended(reply), {
    status: 'complete',
    user_id: 'ana',
    session_id: 's1',
    captured: [],
    failures: [],
    bytes_added: 0,
    durability: { level: 'local', reached: { local: true, s3: null } },
    follow_up: [],
    warnings: [/pull_command/],
  });
  const [first] = await list(served);
  t.match(first, { backup_id: ended(reply).backup_id, session_id: 's1', backup_type: 'session_end', captured: [] });
});

t.test('sources marked so follow as a job of their own', async (t) => {
  const served = await serve(t);
  const { socket, source } = served;
  const body = { user_id: 'ana', sources: [{ kind: 'path', path: source, at_session_end: true }] };
  await ask(socket, '/api/users', { body });
  const { follow_up: jobs, backup_id: id } = ended(await end(served));
  t.equal(jobs.length, 1);
  await ask(socket, `/api/jobs/${jobs[0]}/events`);
  const job = parse((await ask(socket, `/api/jobs/${jobs[0]}`)).text);
  t.match(job, {
    operation: 'end-sources',
    state: 'succeeded',
    result: { session_id: 's1', captured: [`path:${source}`], backup_type: 'session_end' },
  });
  t.same((await list(served)).length, 2);
  t.equal((await list(served)).at(-1)?.backup_id, id);
});

t.test('the same key answers the same again, also after a restart; another request with it is refused', async (t) => {
  const served = await serve(t);
  const { socket, source } = served;
  await ask(socket, '/api/users', {
    body: { user_id: 'ana', sources: [{ kind: 'path', path: source, at_session_end: true }] },
  });
  const key = { 'idempotency-key': 'abc' };
  const first = ended(await end(served, {}, key));
  const again = ended(await end(served, {}, key));
  const { warnings: _, ...same } = first;
  t.match(again, { ...same, user_created: false });
  const differs = await end(served, { session_id: 's2' }, key);
  t.equal(differs.status, 422);
  t.match(parse(differs.text), { error: { code: 'REPEAT_DIFFERS' } });
  const next = await served.restart();
  t.match(ended(await end(next, {}, key)), { ...same, user_created: false });
  t.equal((await end(next, { session_id: 's2' }, key)).status, 422);
  await ask(next.socket, `/api/jobs/${first.follow_up[0]}/events`);
  const ends = (await list(next)).filter(({ captured }) => (captured as string[]).length === 0);
  t.same(
    ends.map(({ backup_id: id }) => id),
    [first.backup_id],
    'one snapshot in all',
  );
  const followed = (await list(next)).filter(({ captured }) => (captured as string[]).length > 0);
  t.equal(followed.length, 1, 'and what follows it was done once');
  t.equal((await end(next, {}, { 'idempotency-key': 'a key with spaces' })).status, 400);
});

t.test('a copy that is configured and not made is told; who asks for it is refused with what is there', async (t) => {
  const missingCopy = 'The copy in "s3" is not made.';
  const served = await serve(t, { settings: { ...DEFAULT_SETTINGS, missingCopy } });
  await served.backUp();
  const plain = ended(await end(served));
  t.match(plain, { durability: { level: 'local', reached: { local: true, s3: false } } });
  t.ok(plain.warnings.includes(missingCopy));
  const key = { 'idempotency-key': 'k' };
  const all = await end(served, { durability: 'all' }, key);
  t.equal(all.status, 503);
  const { error } = parse(all.text) as { error: { code: string; details: Record<string, unknown> } };
  t.match(error, {
    code: 'NOT_DURABLE',
    details: { durability: { level: 'all', reached: { local: true, s3: false } } },
  });
  t.equal((await list(served))[0]?.backup_id, error.details.backup_id);
  const again = parse((await end(served, { durability: 'all' }, key)).text);
  t.match(again, { error: { details: { backup_id: error.details.backup_id } } }, 'a repeat says the same');
  const critical = await served.backUp({ type: 'critical', durability: 'all' });
  t.equal(critical.status, 503);
});

t.test('switches: no triggers at all, or none at the end of a session', async (t) => {
  const off = await serve(t, { settings: { ...DEFAULT_SETTINGS, enabled: false } });
  for (const reply of [await end(off), await off.backUp()]) {
    t.equal(reply.status, 503);
    t.match(parse(reply.text), { error: { code: 'DISABLED' } });
  }
  const manual = await serve(t, { settings: { ...DEFAULT_SETTINGS, autoBackupOnSessionEnd: false } });
  await manual.backUp();
  const reply = await end(manual);
  t.equal(reply.status, 200);
  t.match(parse(reply.text), { skipped: /auto_backup_on_session_end/, user_id: 'ana', session_id: 's1' });
  t.equal((await list(manual)).length, 1);
});

t.test('a repeat while one waits joins it; what is newer does not', async (t) => {
  const [begun, go] = [new Gate(), new Gate()];
  const served = await serve(t, {
    around: (work) => async (run) => {
      if (run.job.operation === 'backup') {
        begun.open();
        await go.opened;
      }
      return work(run);
    },
  });
  const first = served.backUp();
  await begun.opened;
  const [a, b, c] = [end(served), end(served), end(served, { session_id: 's2' })];
  // Answered behind those three, since they were sent before.
  await ask(served.socket, '/api/jobs');
  go.open();
  await first;
  const [one, two, other] = [ended(await a), ended(await b), ended(await c)];
  t.equal(one.backup_id, two.backup_id);
  t.not(one.backup_id, other.backup_id);
  t.equal((await list(served)).length, 3);
});

t.test('an id that cannot be one is refused', async (t) => {
  const served = await serve(t);
  for (const body of [{ session_id: '../x' }, { user_id: '-x' }, { session_id: '' }]) {
    const reply = await end(served, body);
    t.equal(reply.status, 400, JSON.stringify(body));
    t.match(parse(reply.text), { error: { code: 'BAD_NAME' } });
  }
});

t.test('a critical backup that is not whole must not look like success, nor one of nothing', async (t) => {
  const served = await serve(t);
  const nothing = await ask(served.socket, '/api/commands/backup', { body: { user_id: 'ana', type: 'critical' } });
  t.equal(nothing.status, 422);
  writeFileSync(join(served.source, 'c.txt'), 'three\n');
  const whole = await served.backUp({ type: 'critical', session_id: 's9' });
  t.equal(whole.status, 200);
  t.match(parse(whole.text), {
    session_id: 's9',
    durability: { level: 'local', reached: { local: true, s3: null } },
  });
});
