import { request } from 'node:http';
import t from 'tap';
import type { JobWork } from '../../src/scheduler/index.js';
import { Gate, parse, serve } from './fixture.js';
import { ask, collect, type Reply } from './http.js';

interface Event {
  readonly id: number;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

function eventsOf({ text }: Reply): Event[] {
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('id: '))
    .map((block) => {
      const [, id, event, data] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(block)!;
      return { id: Number(id), event: event!, data: parse(data!) };
    });
}

/** Work that says when it has begun and waits to be let go, unless it is stopped. */
function held(): { readonly begun: Gate; readonly go: Gate; readonly around: (work: JobWork) => JobWork } {
  const begun = new Gate();
  const go = new Gate();
  const around =
    (work: JobWork): JobWork =>
    async (run) => {
      run.progress({ phase: 'held', files: 1, bytes: 2, filesTotal: 3 });
      begun.open();
      const stopped = new Promise<void>((resolve) => run.signal.addEventListener('abort', () => resolve()));
      await Promise.race([go.opened, stopped]);
      return work(run);
    };
  return { begun, go, around };
}

const EVENTS = { accept: 'text/event-stream' };
const ASYNC = { prefer: 'respond-async' };

t.test('an answer that takes longer than the caller waits is the id of its job', async (t) => {
  const { begun, go, around } = held();
  const { socket, backUp } = await serve(t, { around });
  const late = await backUp({}, { prefer: 'wait=0' });
  t.equal(late.status, 202);
  const { job_id: id } = parse(late.text) as { job_id: string };
  t.equal(late.headers.location, `/api/jobs/${id}`);
  await begun.opened;
  const running = parse((await ask(socket, `/api/jobs/${id}`)).text);
  t.match(running, {
    job_id: id,
    operation: 'backup',
    user_id: 'ana',
    state: 'running',
    durable: true,
    input: { user_id: 'ana', type: 'manual' },
    progress: { phase: 'held', files: 1, bytes: 2, files_total: 3 },
    result: null,
    error: null,
    ended: null,
  });
  go.open();
  const events = eventsOf(await ask(socket, `/api/jobs/${id}/events`));
  t.equal(events.at(-1)?.event, 'succeeded');
  t.match(events.at(-1)?.data, { job_id: id, result: { user_id: 'ana', status: 'complete' } });
  const { jobs } = parse((await ask(socket, '/api/jobs')).text) as { jobs: Record<string, unknown>[] };
  t.match(jobs, [{ job_id: id, state: 'succeeded', result: null }]);
});

t.test('respond-async answers at once, and the job is there', async (t) => {
  const { begun, go, around } = held();
  const { socket, backUp, daemon } = await serve(t, { around });
  const reply = await backUp({}, ASYNC);
  t.equal(reply.status, 202);
  const { job_id: id } = parse(reply.text) as { job_id: string };
  const { jobs } = await daemon.vault.queue.list();
  t.same(
    jobs.map((job) => job.id),
    [id],
    'in the vault, too, before it is acknowledged',
  );
  await begun.opened;
  go.open();
  t.equal(eventsOf(await ask(socket, `/api/jobs/${id}/events`)).at(-1)?.event, 'succeeded');
});

t.test(
  'events begin with the job as it stands; who comes back sees what is newer, and the end in any case',
  async (t) => {
    const { begun, go, around } = held();
    const { socket, backUp } = await serve(t, { around });
    const watching = backUp({}, EVENTS);
    await begun.opened;
    const { jobs } = parse((await ask(socket, '/api/jobs')).text) as { jobs: { job_id: string; revision: number }[] };
    const { job_id: running, revision } = jobs[0]!;
    const back = ask(socket, `/api/jobs/${running}/events`, { headers: { 'last-event-id': String(revision) } });
    // An answer to a later question: the earlier one is being answered.
    await ask(socket, '/api/health');
    go.open();
    t.ok(
      eventsOf(await back).every(({ id }) => id > revision),
      'what was seen is not told again',
    );
    const all = eventsOf(await watching);
    t.match(all[0], { id: Number, data: { operation: 'backup' } });
    t.equal(all.at(-1)?.event, 'succeeded');
    t.same(
      all.map(({ id }) => id),
      all.map(({ id }) => id).sort((a, b) => a - b),
      'ids rise',
    );
    const { job_id: id } = all[0]!.data;
    const last = all.at(-1)!;
    const path = `/api/jobs/${String(id)}/events`;
    const missed = eventsOf(await ask(socket, path, { headers: { 'last-event-id': String(last.id - 1) } }));
    t.same(missed, [last]);
    const again = eventsOf(await ask(socket, path, { headers: { 'last-event-id': String(last.id + 100) } }));
    t.same(again, [last]);
  },
);

t.test('idle events show that they are alive', async (t) => {
  const { begun, go, around } = held();
  const { socket, backUp } = await serve(t, { around, limits: { heartbeatMs: 1 } });
  const id = String(parse((await backUp({}, ASYNC)).text).job_id);
  await begun.opened;
  const beat = new Gate();
  const text = await new Promise<string>((resolve, reject) => {
    const call = request({ socketPath: socket, path: `/api/jobs/${id}/events`, agent: false });
    call.on('error', reject);
    call.on('response', (response) => {
      response.on('data', (part: Buffer) => {
        if (String(part).includes(': still here\n\n')) beat.open();
      });
      void collect(response).then((reply) => resolve(reply.text), reject);
    });
    call.end();
    void beat.opened.then(go.open);
  });
  t.match(text, /: still here\n\n/);
  t.match(text, /event: succeeded/);
});

t.test('a job that is cancelled stops, and says so to whoever waits', async (t) => {
  const { begun, around } = held();
  const { socket, backUp } = await serve(t, { around });
  const waiting = backUp();
  await begun.opened;
  const { jobs } = parse((await ask(socket, '/api/jobs')).text) as { jobs: { job_id: string }[] };
  const cancelled = await ask(socket, `/api/jobs/${jobs[0]!.job_id}/cancel`, { body: {} });
  t.equal(cancelled.status, 200);
  t.match(parse(cancelled.text), { job_id: jobs[0]!.job_id });
  const reply = await waiting;
  t.equal(reply.status, 499);
  t.match(parse(reply.text), { error: { code: 'CANCELLED' } });
  t.match(parse((await ask(socket, '/api/backups/ana')).text), { backups: [] });
});

t.test('a caller who goes away while a job runs does not stop it', async (t) => {
  const { begun, go, around } = held();
  const { socket, source, daemon } = await serve(t, { around });
  const call = request({
    socketPath: socket,
    path: '/api/commands/backup',
    method: 'POST',
    headers: { 'content-type': 'application/json', ...EVENTS },
  });
  call.on('error', () => {});
  call.end(JSON.stringify({ user_id: 'ana', type: 'manual', paths: [source] }));
  await begun.opened;
  call.destroy();
  const [job] = daemon.queue.list();
  go.open();
  t.match(await daemon.queue.wait(job!.id), { state: 'succeeded' });
});

t.test('critical and partial is no success; a job that fails answers as the operation would', async (t) => {
  const { around } = failing();
  const { backUp, source } = await serve(t, { around, aroundOwn: around });
  const partial = await backUp({ type: 'critical' });
  t.equal(partial.status, 409);
  t.match(parse(partial.text), { status: 'partial', backup_type: 'critical' });
  const withData = await backUp({ type: 'critical', session_id: 's1', data: { sparks: [{ id: 'a' }] } });
  t.equal(withData.status, 409, withData.text);
  t.match(parse(withData.text), { status: 'partial', captured: [`path:${source}`, 'session:s1'] });
  t.equal((await backUp()).status, 200);

  function failing(): { readonly around: (work: JobWork) => JobWork } {
    return { around: (work) => async (run) => ({ ...((await work(run)) as object), status: 'partial' }) };
  }
});
