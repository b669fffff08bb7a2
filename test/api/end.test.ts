import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DEFAULT_SETTINGS } from '../../src/api/index.js';
import { fromHex } from '../../src/base/index.js';
import type { JobWork } from '../../src/scheduler/index.js';
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

/** Sends it and does not wait: the id of its job. */
async function later(served: Served, body: object = {}): Promise<string> {
  return parse((await end(served, body, { prefer: 'respond-async' })).text).job_id as string;
}

/** A server whose jobs wait for the gate once one of that operation has begun. */
function held(operation: string) {
  const [begun, go] = [new Gate(), new Gate()];
  let held = false;
  const around =
    (work: JobWork): JobWork =>
    async (run) => {
      if (run.job.operation === operation && !held) {
        held = true;
        begun.open();
        const stopped = new Promise<void>((resolve) => run.signal.addEventListener('abort', () => resolve()));
        await Promise.race([go.opened, stopped]);
      }
      return work(run);
    };
  return { begun, go, around };
}

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
  const { begun, go, around } = held('end-sources');
  const served = await serve(t, { around });
  const { socket, source } = served;
  const body = { user_id: 'ana', sources: [{ kind: 'path', path: source, at_session_end: true }] };
  await ask(socket, '/api/users', { body });
  const { follow_up: jobs, backup_id: id } = ended(await end(served));
  t.equal(jobs.length, 1);
  await begun.opened;
  t.match((await served.daemon.vault.queue.list()).jobs, [{ id: jobs[0] }], 'promised, and so in the vault');
  go.open();
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
  const { begun, go, around } = held('backup');
  const served = await serve(t, { around });
  const first = served.backUp();
  await begun.opened;
  const jobs = [await later(served), await later(served), await later(served, { session_id: 's2' })];
  go.open();
  await first;
  t.equal(jobs[0], jobs[1]);
  t.not(jobs[0], jobs[2]);
  for (const id of jobs) await ask(served.socket, `/api/jobs/${id}/events`);
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

const data = { sparks: [{ id: 'a', n: 1 }, { id: 'b' }], user_config: { theme: 'dark' } };

async function records(t: Test, served: Served, selector: object): Promise<unknown> {
  const body = { format: 'json', ...selector };
  const reply = await ask(served.socket, '/api/users/ana/export', { body });
  t.equal(reply.status, 200, reply.text);
  return parse(reply.text).data;
}

t.test('END with data captures the session and what is the user’s, and makes the user', async (t) => {
  const served = await serve(t);
  const reply = await end(served, { data });
  t.equal(reply.status, 200, reply.text);
  const answer = ended(reply);
  t.match(answer, { status: 'complete', user_created: true, failures: [], follow_up: [], warnings: [] });
  t.same([...answer.captured].sort(), ['collection:user_config', 'session:s1']);
  t.ok(Number(answer.size_compressed) > 0 && Number(answer.bytes_added) > 0);
  t.ok(Number(answer.size_uncompressed) > 0);
  const again = ended(await end(served, { data }));
  t.not(again.backup_id, answer.backup_id, 'without a key it is another one');
  t.equal(again.user_created, false);
  t.ok(Number(again.size_compressed) > 0, 'what it takes, whoever stored it');
  t.same(await records(t, served, { latest: true }), data);
});

t.test('a key is of the data, too', async (t) => {
  const served = await serve(t);
  const key = { 'idempotency-key': 'k' };
  const first = ended(await end(served, { data }, key));
  t.equal(ended(await end(served, { data }, key)).backup_id, first.backup_id);
  t.equal((await end(served, { data: { sparks: [] } }, key)).status, 422);
  const next = await served.restart();
  t.match(ended(await end(next, { data }, key)), { ...first, user_created: false });
  t.equal((await end(next, { data: { sparks: [] } }, key)).status, 422);
  t.equal((await list(next)).length, 1);
});

t.test(
  'a key whose snapshot was given up for good is no promise any more: what comes with it is captured',
  async (t) => {
    const served = await serve(t);
    const data = { sparks: [{ id: 'a' }] };
    const key = { 'idempotency-key': 'k' };
    const first = ended(await end(served, { data }, key));
    const backupId = fromHex(first.backup_id.replaceAll('-', ''));
    const repository = await served.daemon.vault.openUser('ana');
    await repository.log.append({ kind: 'forget', body: { backupIds: [backupId] } });
    const forgotten = ended(await end(served, { data }, key));
    t.equal(forgotten.backup_id, first.backup_id, 'only forgotten, it is there');
    t.match(forgotten.warnings, [/was forgotten since: .*unforget ana .* until the next prune/]);
    await repository.log.append({ kind: 'unforget', body: { backupIds: [backupId] } });
    t.same(ended(await end(served, { data }, key)).warnings, []);
    await repository.log.append({ kind: 'forget', body: { backupIds: [backupId] } });
    await repository.log.append({ kind: 'tombstone', body: { packs: [], added: [], snapshots: [backupId] } });
    repository.close();
    const again = ended(await end(served, { data }, key));
    t.not(again.backup_id, first.backup_id);
    t.same(again.captured, ['session:s1']);
    t.equal(ended(await end(served, { data }, key)).backup_id, again.backup_id);
  },
);

t.test('while an END runs, the same data joins it and newer data follows it', async (t) => {
  const { begun, go, around } = held('end');
  const served = await serve(t, { around });
  const newer = { sparks: [{ id: 'a', n: 2 }] };
  const jobs: string[] = [];
  for (const sent of [data, data, newer, newer, data]) jobs.push(await later(served, { data: sent }));
  await begun.opened;
  jobs.push(await later(served, { data }));
  go.open();
  const [one, same, two, sameAsTwo, back, sameAsBack] = jobs;
  t.same([same, sameAsTwo, sameAsBack], [one, two, back]);
  t.equal(new Set([one, two, back]).size, 3, 'data that came back behind newer data is newer still');
  for (const id of [one, two, back]) await ask(served.socket, `/api/jobs/${id}/events`);
  const done = served.daemon.queue.list().map(({ result }) => (result as Ended).backup_id);
  t.same(
    (await list(served)).map(({ backup_id: id }) => id),
    done.reverse(),
    'in the order in which they came',
  );
});

t.test('an END that takes too long is promised: it is done even if the daemon dies, once', async (t) => {
  const { begun, around } = held('end');
  const served = await serve(t, { around });
  const quick = end(served, { data }, { prefer: 'wait=0' });
  await begun.opened;
  const reply = await quick;
  t.equal(reply.status, 202);
  const { job_id: id } = parse(reply.text) as { job_id: string };
  const { jobs } = await served.daemon.vault.queue.list();
  t.match(jobs, [{ id, operation: 'end', body: { type: 'json' } }], 'in the vault, with its records');
  const names = readdirSync(join(served.daemon.vault.path, 'queue'));
  t.equal(names.length, 2);
  for (const name of names) {
    const bytes = readFileSync(join(served.daemon.vault.path, 'queue', name));
    t.notOk(bytes.includes('sparks') || bytes.includes('ana'), 'sealed');
  }
  // As hard as it can be stopped here: the job is cut off and stays.
  const next = await served.restart();
  await ask(next.socket, `/api/jobs/${id}/events`);
  const [snapshot, ...more] = await list(next);
  t.match(snapshot, { session_id: 's1', backup_type: 'session_end' });
  t.same(more, []);
  t.same(await records(t, next, { session_id: 's1' }), { sparks: data.sparks });
  t.same(readdirSync(join(next.daemon.vault.path, 'queue')), [], 'and nothing of it is left in the queue');
});

t.test('an END whose daemon died between its end and its forgetting is not done twice', async (t) => {
  const served = await serve(t);
  const { source } = served;
  const sources = [{ kind: 'path', path: source, at_session_end: true }];
  await ask(served.socket, '/api/users', { body: { user_id: 'ana', sources } });
  served.daemon.vault.queue.remove = async () => {};
  const id = await later(served, { data });
  await ask(served.socket, `/api/jobs/${id}/events`);
  const done = served.daemon.queue.get(id).result as Ended;
  const [follower] = done.follow_up;
  await ask(served.socket, `/api/jobs/${follower}/events`);
  const next = await served.restart();
  for (const job of [id, follower]) await ask(next.socket, `/api/jobs/${job}/events`);
  t.match(next.daemon.queue.get(id).result, { ...done, user_created: false });
  t.equal(next.daemon.queue.get(follower!).state, 'succeeded');
  t.equal((await list(next)).length, 2);
  t.same(readdirSync(join(next.daemon.vault.path, 'queue')), []);
});

t.test('an END that is answered in time leaves no trace in the queue', async (t) => {
  const served = await serve(t);
  let writes = 0;
  const { add } = served.daemon.vault.queue;
  served.daemon.vault.queue.add = (job) => {
    writes++;
    return add.call(served.daemon.vault.queue, job);
  };
  t.equal((await end(served, { data })).status, 200);
  t.equal(writes, 0);
});

t.test('a manual backup takes records, too', async (t) => {
  const served = await serve(t);
  const reply = await ask(served.socket, '/api/commands/backup', {
    body: { user_id: 'ana', type: 'critical', session_id: 's1', data },
  });
  t.equal(reply.status, 200, reply.text);
  t.match(parse(reply.text), { backup_type: 'critical', session_id: 's1' });
  t.same(await records(t, served, { latest: true }), data);
});

t.test('a scope that ends is in no state from then on, and listed as ended', async (t) => {
  const served = await serve(t);
  await served.backUp();
  const { socket, source } = served;
  const scope = `path:${source}`;
  const endOf = (name: string) => ask(socket, '/api/users/ana/scopes/end', { body: { scope: name } });
  const wrong = await endOf(`${scope.slice(0, -1)}`);
  t.equal(wrong.status, 404);
  t.match(parse(wrong.text), { error: { code: 'UNKNOWN_SCOPE', details: { nearest: scope } } });
  const before = parse((await ask(socket, '/api/users/ana/scopes')).text);
  t.match(before, { scopes: [{ scope, ended: null, files: 2 }] });
  const answer = await endOf(scope);
  t.equal(answer.status, 200, answer.text);
  const { timestamp, backup_id: id } = parse(answer.text);
  t.match(parse((await ask(socket, '/api/users/ana/scopes')).text), { scopes: [{ scope, ended: timestamp }] });
  t.match((await list(served))[0], { backup_id: id, ended: [scope], captured: [] });
  t.equal((await ask(socket, '/api/users/ana/entries?latest=true')).status, 404, 'nothing is left');
  t.match(parse((await endOf(scope)).text), { error: { code: 'UNKNOWN_SCOPE', message: /ended/ } });
  await served.backUp();
  t.match(
    parse((await ask(socket, '/api/users/ana/scopes')).text),
    { scopes: [{ scope, ended: null }] },
    'it lives again',
  );
});

t.test('a list goes on behind its last page, whatever comes meanwhile', async (t) => {
  const served = await serve(t);
  const ids: string[] = [];
  for (const session of ['s1', 's2', 's1', 's2', 's1']) {
    ids.unshift(ended(await end(served, { session_id: session, data })).backup_id);
  }
  const page = async (query: string) => parse((await ask(served.socket, `/api/backups/ana?${query}`)).text);
  const idsOf = ({ backups }: Record<string, unknown>) =>
    (backups as Record<string, unknown>[]).map(({ backup_id: id }) => id);
  const first = await page('limit=2');
  t.same(idsOf(first), ids.slice(0, 2));
  await end(served, { data });
  const second = await page(`limit=2&cursor=${String(first.next)}`);
  t.same(idsOf(second), ids.slice(2, 4));
  const third = await page(`limit=2&cursor=${String(second.next)}`);
  t.same([idsOf(third), third.next], [ids.slice(4), null]);
  const own = await page('limit=2&session_id=s1&kind=session_end');
  t.equal(idsOf(own).length, 2);
  t.same(idsOf(await page(`limit=2&session_id=s1&cursor=${String(own.next)}`)), [ids[2], ids[4]]);
  t.equal((await ask(served.socket, '/api/backups/ana?cursor=x')).status, 400);
});
