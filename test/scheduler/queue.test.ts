import t from 'tap';
import { BitacoraError, type Progress } from '../../src/base/index.js';
import { hasEnded, type Job } from '../../src/scheduler/index.js';
import { openQueue, request, states } from './fixture.js';

const figures = (phase: string, files: number): Progress => ({ phase, files, bytes: 0 });

t.test('a job is queued, runs, and ends with its result', async (t) => {
  const { queue, stage } = await openQueue(t);
  const job = await queue.submit(request('a', 'ana'));
  t.match(job, { state: 'queued', user: 'ana', operation: 'backup', revision: 1 });
  t.match(job.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  await stage.until(1);
  t.match(queue.get(job.id), { state: 'running', ended: undefined });
  stage.held('a').succeed({ bytes: 5 });
  const ended = await queue.wait(job.id);
  t.match(ended, { state: 'succeeded', result: { bytes: 5 }, error: undefined });
  t.ok(ended.submitted <= ended.started! && ended.started! <= ended.ended!);
});

t.test('an error that a job throws is its end, with its code', async (t) => {
  const { queue, stage } = await openQueue(t);
  const { id } = await queue.submit(request('a', 'ana'));
  const { id: other } = await queue.submit(request('b', 'ben'));
  await stage.until(2);
  stage.held('a').fail(new BitacoraError('NO_SPACE', 'Full.'));
  stage.held('b').fail(new RangeError('Odd.'));
  t.match(await queue.wait(id), { state: 'failed', error: { code: 'NO_SPACE', message: 'Full.' } });
  t.match(await queue.wait(other), { state: 'failed', error: { code: 'INTERNAL', message: /Odd\./ } });
});

t.test('one writer a user, several users at once, readers beside the writer', async (t) => {
  const { queue, stage } = await openQueue(t);
  for (const label of ['a1', 'a2']) await queue.submit(request(label, 'ana'));
  for (const label of ['b1', 'c1']) await queue.submit(request(label, label[0]));
  await queue.submit(request('look', 'ana', { access: 'read', operation: 'restore' }));
  await stage.until(3);
  t.same(stage.labels, ['a1', 'b1', 'look']);
  stage.held('a1').succeed();
  await stage.until(4);
  // Ana had a turn already, and Carol had none.
  t.same(stage.labels.at(-1), 'c1');
  stage.held('c1').succeed();
  await stage.until(5);
  t.same(stage.labels.at(-1), 'a2');
  t.same(states(queue.list()), ['a1 succeeded', 'a2 running', 'b1 running', 'c1 succeeded', 'look running']);
  t.same(states(queue.list({ user: 'ana', states: ['running'] })), ['a2 running', 'look running']);
});

t.test('cancel() ends a queued job at once and a running one when its work gives up', async (t) => {
  const { queue, stage } = await openQueue(t);
  const running = await queue.submit(request('a1', 'ana'));
  const queued = await queue.submit(request('a2', 'ana'));
  await stage.until(1);
  t.match(await queue.cancel(queued.id), { state: 'cancelled', error: { code: 'CANCELLED' }, cancelling: false });
  t.match(await queue.cancel(running.id), { state: 'running', cancelling: true });
  t.match(await queue.wait(running.id), { state: 'cancelled', error: { code: 'CANCELLED' }, cancelling: false });
  t.match(await queue.cancel(running.id), { state: 'cancelled' }, 'once more changes nothing');
  t.same(stage.labels, ['a1'], 'the queued one never ran');
});

t.test('a job that was to be cancelled and is done all the same has succeeded', async (t) => {
  const { queue, stage } = await openQueue(t);
  const { id } = await queue.submit(request('a', 'ana'), {
    work: async (run) => {
      await stage.work({ ...run, signal: new AbortController().signal });
      return run.signal.aborted;
    },
  });
  await stage.until(1);
  await queue.cancel(id);
  stage.held('a').succeed();
  t.match(await queue.wait(id), { state: 'succeeded', result: true, cancelling: false });
});

t.test('follow() tells each change once, the newest to who is slow, and the end last', async (t) => {
  const { queue, stage } = await openQueue(t);
  const { id } = await queue.submit(request('a', 'ana'));
  await stage.until(1);
  const { run, succeed } = stage.held('a');
  const seen: Job[] = [];
  for await (const job of queue.follow(id)) {
    seen.push(job);
    if (seen.length === 1) {
      // All of this while the reader is busy with the first.
      for (let files = 0; files < 1000; files++) run.progress(figures(`step ${files % 3}`, files));
      run.warn('A hook failed.');
    }
    if (seen.length === 2) succeed('done');
  }
  t.same(
    seen.map(({ state }) => state),
    ['running', 'running', 'succeeded'],
  );
  t.match(seen[1], { progress: { files: 999 }, warnings: ['A hook failed.'] });
  const revisions = seen.map(({ revision }) => revision);
  t.same(
    [...revisions].sort((a, b) => a - b),
    revisions,
  );
});

t.test('follow() behind a revision tells nothing older, but always the end', async (t) => {
  const { queue, stage } = await openQueue(t);
  const { id } = await queue.submit(request('a', 'ana'));
  await stage.until(1);
  const { revision } = queue.get(id);
  stage.held('a').succeed();
  const ended = await queue.wait(id);
  const told = async (after: number) => {
    const seen: Job[] = [];
    for await (const job of queue.follow(id, { after })) seen.push(job);
    return seen;
  };
  t.same(await told(revision), [ended]);
  t.same(await told(ended.revision), [ended]);
  t.same(await told(1_000_000), [ended]);
});

t.test('a look at a job that does not end is over when its reader wants it', async (t) => {
  const { queue, stage } = await openQueue(t);
  const { id } = await queue.submit(request('a', 'ana'));
  await stage.until(1);
  const stop = new AbortController();
  const waiting = queue.wait(id, { signal: stop.signal });
  const following = queue.follow(id, { signal: stop.signal })[Symbol.asyncIterator]();
  await following.next();
  const next = following.next();
  stop.abort();
  t.match(await waiting, { state: 'running' });
  t.match(await next, { done: true });
  t.match(await queue.wait(id, { signal: AbortSignal.abort() }), { state: 'running' });
});

t.test('followAll() tells of every job, from the call on', async (t) => {
  const { queue, stage } = await openQueue(t);
  const all = queue.followAll()[Symbol.asyncIterator]();
  const a = await queue.submit(request('a', 'ana'));
  await stage.until(1);
  const b = await queue.submit(request('b', 'ben'));
  await stage.until(2);
  t.match((await all.next()).value, { id: a.id, state: 'running' });
  stage.held('b').succeed();
  await queue.wait(b.id);
  t.match((await all.next()).value, { id: b.id, state: 'succeeded' });
  const next = all.next();
  await queue.stop(AbortSignal.abort());
  t.match((await next).value, { id: a.id, state: 'cancelled' });
  t.match(await all.next(), { done: true });
});

t.test('what is unknown, or ended too long ago, is UNKNOWN_JOB', async (t) => {
  const { queue } = await openQueue(t, { work: async () => undefined, endedMax: 2 });
  const ids: string[] = [];
  for (const label of ['a', 'b', 'c']) ids.push((await queue.submit(request(label, 'ana'))).id);
  await queue.wait(ids[2]!);
  const unknown = { code: 'UNKNOWN_JOB' };
  t.throws(() => queue.get(ids[0]!), unknown);
  t.ok(hasEnded(queue.get(ids[1]!)));
  await t.rejects(queue.cancel('nobody'), unknown);
  await t.rejects(queue.wait('nobody'), unknown);
  await t.rejects(queue.follow('nobody')[Symbol.asyncIterator]().next(), unknown);
});

t.test('too many waiting jobs are refused', async (t) => {
  const { queue, stage } = await openQueue(t, { waitingMax: 2 });
  await queue.submit(request('a1', 'ana'));
  await stage.until(1);
  for (const label of ['a2', 'a3']) await queue.submit(request(label, 'ana'));
  await t.rejects(queue.submit(request('a4', 'ana')), { code: 'QUEUE_FULL', retryable: true });
});
