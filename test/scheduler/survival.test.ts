import t from 'tap';
import { BitacoraError } from '../../src/base/index.js';
import { MemoryJobStore, openQueue, request, states } from './fixture.js';

const durable = { durable: true };

t.test('a durable job is stored before it is acknowledged, and forgotten when it has ended', async (t) => {
  const { queue, stage, store } = await openQueue(t);
  const { id, submitted } = await queue.submit(request('a', 'ana', durable));
  const stored = {
    id,
    submitted,
    operation: 'backup',
    user: 'ana',
    access: 'write',
    input: { label: 'a' },
    body: undefined,
  };
  t.strictSame(store.jobs.get(id), stored);
  await stage.until(1);
  t.equal(store.jobs.size, 1);
  stage.held('a').succeed();
  t.match(await queue.wait(id), { state: 'succeeded' });
  t.equal(store.jobs.size, 0);
});

t.test('a durable job that cannot be stored is refused, and none is left', async (t) => {
  const { queue, store } = await openQueue(t);
  store.fail = new BitacoraError('NO_SPACE', 'Full.');
  await t.rejects(queue.submit(request('a', 'ana', durable)), { code: 'NO_SPACE' });
  t.same(queue.list(), []);
});

t.test('what a killed process left runs again, under the same id and in the same order', async (t) => {
  const first = await openQueue(t);
  const ids: string[] = [];
  for (const label of ['a1', 'a2', 'b1']) {
    ids.push((await first.queue.submit(request(label, label[0], durable))).id);
  }
  await first.queue.submit(request('look', 'ana', { access: 'read' }));
  await first.stage.until(3);
  // The first one is never told to stop: it is as good as dead, and only its store is left.
  const left = new MemoryJobStore();
  for (const [id, job] of first.store.jobs) left.jobs.set(id, job);
  const second = await openQueue(t, {}, left);
  await second.stage.until(2);
  t.same(second.stage.labels, ['a1', 'b1']);
  t.same(
    second.queue.list().map(({ id }) => id),
    ids,
  );
  for (const label of ['a1', 'b1']) second.stage.held(label).succeed();
  await second.stage.until(3);
  second.stage.held('a2').succeed();
  await second.queue.wait(ids[1]!);
  t.equal(left.jobs.size, 0);
});

t.test('a job file that cannot be read is told, stays, and keeps no other waiting', async (t) => {
  const store = new MemoryJobStore();
  store.damaged = [new BitacoraError('DATA_CORRUPT', 'Bad seal.')];
  const { queue, damaged } = await openQueue(t, { work: async () => undefined }, store);
  t.same(damaged, store.damaged);
  const { id } = await queue.submit(request('a', 'ana', durable));
  t.match(await queue.wait(id), { state: 'succeeded' });
});

t.test('cancel() of a queued durable job takes its file away first', async (t) => {
  const { queue, stage, store } = await openQueue(t);
  await queue.submit(request('a1', 'ana', durable));
  const { id } = await queue.submit(request('a2', 'ana', durable));
  await stage.until(1);
  store.fail = new BitacoraError('BACKEND_FAILED', 'No.');
  await t.rejects(queue.cancel(id), { code: 'BACKEND_FAILED' });
  t.match(queue.get(id), { state: 'queued', cancelling: false });
  t.match(await queue.cancel(id), { state: 'cancelled' });
  t.notOk(store.jobs.has(id));
});

t.test('a job that has ended is so even if its file stays', async (t) => {
  const { queue, stage, store } = await openQueue(t);
  const { id } = await queue.submit(request('a', 'ana', durable));
  await stage.until(1);
  store.fail = new BitacoraError('BACKEND_FAILED', 'No.');
  stage.held('a').succeed(1);
  t.match(await queue.wait(id), { state: 'succeeded', result: 1 });
});

t.test('stop() waits for what runs, starts nothing, and leaves durable jobs for the next process', async (t) => {
  const { queue, stage, store } = await openQueue(t);
  const running = await queue.submit(request('a1', 'ana', durable));
  const kept = await queue.submit(request('a2', 'ana', durable));
  const dropped = await queue.submit(request('a3', 'ana'));
  await stage.until(1);
  const followed = queue.wait(kept.id);
  const stopped = queue.stop(new AbortController().signal);
  await t.rejects(queue.submit(request('late', 'ben', durable)), { code: 'STOPPING', retryable: true });
  t.match(queue.get(dropped.id), { state: 'cancelled', error: { code: 'STOPPING' } });
  stage.held('a1').succeed();
  await stopped;
  t.match(queue.get(running.id), { state: 'succeeded' });
  t.match(await followed, { state: 'queued' }, 'followers are told to go');
  t.same([...store.jobs.keys()], [kept.id]);
  t.same(stage.labels, ['a1']);
});

t.test('stop() in a hurry puts durable jobs back and cancels the others', async (t) => {
  const { queue, stage, store } = await openQueue(t);
  const backup = await queue.submit(request('a', 'ana', durable));
  const restore = await queue.submit(request('look', 'ana', { access: 'read' }));
  const unwanted = await queue.submit(request('b', 'ben', durable));
  await stage.until(3);
  const hurry = new AbortController();
  const stopped = queue.stop(hurry.signal);
  await queue.cancel(unwanted.id);
  hurry.abort();
  await stopped;
  t.match(queue.get(backup.id), { state: 'queued', started: undefined });
  t.match(queue.get(restore.id), { state: 'cancelled', error: { code: 'STOPPING' } });
  t.match(queue.get(unwanted.id), { state: 'cancelled', error: { code: 'CANCELLED' } });
  t.same([...store.jobs.keys()], [backup.id]);
  t.same(states(queue.list()), ['a queued', 'look cancelled', 'b cancelled']);
});

t.test('a durable job that was being stored while the program stopped is kept', async (t) => {
  const { queue, stage, store } = await openQueue(t);
  const submitted = queue.submit(request('a', 'ana', durable));
  await queue.stop(AbortSignal.abort());
  const { id } = await submitted;
  t.ok(store.jobs.has(id));
  t.match(await queue.wait(id), { state: 'queued' }, 'and nobody waits for it in this process');
  t.same(stage.labels, []);
});

t.test('a durable job that is stopped with the program is put back whatever it throws', async (t) => {
  const { queue, store } = await openQueue(t, {
    work: ({ signal }) =>
      new Promise((_, fail) => {
        signal.addEventListener('abort', () => fail(new BitacoraError('HOOK_FAILED', 'It was ended by SIGTERM.')));
      }),
  });
  const { id } = await queue.submit(request('a', 'ana', durable));
  await queue.stop(AbortSignal.abort());
  t.match(queue.get(id), { state: 'queued' });
  t.same([...store.jobs.keys()], [id]);
});

t.test('a queue that is opened paused takes jobs on and starts none before it is resumed', async (t) => {
  const { queue, stage } = await openQueue(t, { paused: true });
  const { id } = await queue.submit(request('a', 'ana', durable));
  t.match(queue.get(id), { state: 'queued' });
  t.same(stage.labels, []);
  queue.resume();
  await stage.until(1);
  t.match(queue.get(id), { state: 'running' });
});
