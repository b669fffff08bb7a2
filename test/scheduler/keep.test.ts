import t from 'tap';
import { BitacoraError } from '../../src/base/index.js';
import type { JobBody } from '../../src/scheduler/index.js';
import { MemoryJobStore, openQueue, request } from './fixture.js';

const repeatable = { repeatable: true };
const body: JobBody = { type: 'records', hash: new Uint8Array(32), load: async () => Uint8Array.of(1, 2, 3) };

t.test('a job becomes durable when it is kept, with what came with it', async (t) => {
  const { queue, stage, store } = await openQueue(t);
  const { id } = await queue.submit(request('a', 'ana', repeatable), { body });
  await stage.until(1);
  t.equal(stage.started[0]!.run.body, body);
  t.equal(store.jobs.size, 0);
  t.match(await queue.keep(id), { state: 'running', durable: true });
  t.match(store.jobs.get(id), { operation: 'backup', user: 'ana', body });
  stage.held('a').succeed();
  t.match(await queue.wait(id), { state: 'succeeded' });
  t.equal(store.jobs.size, 0);
});

t.test('one that ends while it is being kept leaves nothing', async (t) => {
  const store = new MemoryJobStore();
  const add = store.add.bind(store);
  let written = (): void => {};
  const writing = new Promise<void>((resolve) => {
    written = resolve;
  });
  store.add = async (job) => {
    await writing;
    await add(job);
  };
  const { queue, stage } = await openQueue(t, {}, store);
  const { id } = await queue.submit(request('a', 'ana', repeatable));
  await stage.until(1);
  const keeping = queue.keep(id);
  stage.held('a').succeed();
  written();
  await keeping;
  t.match(await queue.wait(id), { state: 'succeeded' });
  t.equal(store.jobs.size, 0);
});

t.test('one that cannot be kept is told, and goes on', async (t) => {
  const { queue, stage, store } = await openQueue(t);
  const { id } = await queue.submit(request('a', 'ana', repeatable));
  await stage.until(1);
  store.fail = new BitacoraError('NO_SPACE', 'Full.');
  await t.rejects(queue.keep(id), { code: 'NO_SPACE' });
  t.match(queue.get(id), { state: 'running', durable: false });
  t.match(await queue.keep(id), { durable: true }, 'and may be tried again');
});

t.test('what was kept runs again after the process, and knows that it may be done', async (t) => {
  const first = await openQueue(t);
  const { id } = await first.queue.submit(request('a', 'ana', repeatable), { body });
  await first.stage.until(1);
  t.equal(first.stage.started[0]!.run.again, false);
  await first.queue.keep(id);
  await first.queue.stop(AbortSignal.abort());
  const second = await openQueue(t, {}, first.store);
  await second.stage.until(1);
  const { run } = second.stage.started[0]!;
  t.match(run, { job: { id, durable: true }, body, again: true });
});

t.test('a job is joined where the caller finds it the same, and a wanted id means the job that has it', async (t) => {
  const { queue, stage } = await openQueue(t);
  const a = await queue.submit(request('a', 'ana', repeatable), { body });
  const seen: string[] = [];
  const joined = await queue.submit(request('a', 'ana', repeatable), {
    join: (live) => {
      for (const { job, body: brought } of live) seen.push(`${job.id} ${brought === body}`);
      return live[0]?.job;
    },
  });
  t.equal(joined.id, a.id);
  t.same(seen, [`${a.id} true`]);
  await queue.submit(request('b', 'ben'), {
    join: (live) => {
      t.same(live, [], 'of another user');
      return undefined;
    },
  });
  const id = '018f4d2e-0000-7000-8000-000000000001';
  const one = await queue.submit(request('c', 'cid', repeatable), { id });
  t.equal(one.id, id);
  t.equal((await queue.submit(request('c', 'cid', repeatable), { id })).id, id);
  stage.held('a').succeed();
  stage.held('b').succeed();
  await stage.until(3);
  t.equal(stage.held('c').run.again, true, 'an earlier process may have done it');
  stage.held('c').fail(new BitacoraError('NO_SPACE', 'Full.'));
  await queue.wait(id);
  await queue.submit(request('c again', 'cid', repeatable), { id });
  await stage.until(4);
  t.same(stage.labels.at(-1), 'c again', 'one that failed is done anew');
});

t.test('what came with jobs takes no more memory than there is for it', async (t) => {
  const { queue, stage } = await openQueue(t, { heldMax: 100 });
  const held = (bytes: number): { body: JobBody } => ({ body: { ...body, held: bytes } });
  const first = await queue.submit(request('a', 'ana', repeatable), held(60));
  await queue.submit(request('b', 'ben', repeatable), held(40));
  await t.rejects(queue.submit(request('c', 'eve', repeatable), held(1)), { code: 'QUEUE_FULL', retryable: true });
  t.ok(await queue.submit(request('d', 'eve', repeatable), { body }), 'what lies in the vault takes none');
  await stage.until(1);
  stage.held('a').succeed();
  await queue.wait(first.id);
  t.ok(await queue.submit(request('c', 'eve', repeatable), held(60)));
});
