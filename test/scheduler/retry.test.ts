import t from 'tap';
import { BitacoraError } from '../../src/base/index.js';
import { VirtualTime } from '../helpers/virtual-time.js';
import { openQueue, request, states } from './fixture.js';

const passing = () => new BitacoraError('BACKEND_FAILED', 'The disk was away.', { retryable: true });
const repeatable = { repeatable: true };

t.test('a job that failed for a passing reason is tried again later, and those of its user wait for it', async (t) => {
  const time = new VirtualTime(1_700_000_000_000);
  const { queue, stage } = await openQueue(t, { clock: time, timer: time });
  const { id } = await queue.submit(request('a1', 'ana', repeatable));
  await queue.submit(request('a2', 'ana', repeatable));
  await stage.until(1);
  stage.started[0]!.fail(passing());
  await time.to(time.now() + 500);
  t.match(queue.get(id), { state: 'queued', attempts: 1, retryAt: 1_700_000_001_000, error: undefined });
  t.match(queue.get(id).warnings, [/^Attempt 1 failed \(BACKEND_FAILED\): The disk was away\./]);
  t.same(stage.labels, ['a1']);
  await time.to(time.now() + 500);
  t.same(stage.labels, ['a1', 'a1']);
  t.equal(stage.started[1]!.run.again, true, 'it may be done already');
  stage.started[1]!.succeed('done');
  t.match(await queue.wait(id), { state: 'succeeded', attempts: 2, retryAt: undefined });
  await stage.until(3);
  t.same(stage.labels, ['a1', 'a1', 'a2']);
});

t.test('after five attempts it has failed, as has at once what no attempt can mend', async (t) => {
  const time = new VirtualTime(1_700_000_000_000);
  let runs = 0;
  const work = async (): Promise<never> => {
    runs++;
    throw passing();
  };
  const { queue } = await openQueue(t, { clock: time, timer: time, work });
  const { id } = await queue.submit(request('a', 'ana', repeatable));
  await time.to(time.now() + 1000 + 4000 + 16_000 + 60_000 - 1);
  t.equal(runs, 4);
  await time.to(time.now() + 1);
  t.match(queue.get(id), { state: 'failed', attempts: 5, error: { code: 'BACKEND_FAILED' } });
  t.equal(queue.get(id).warnings.length, 4);
  const once = await queue.submit(request('b', 'ben'));
  t.match(await queue.wait(once.id), { state: 'failed', attempts: 1 }, 'one that cannot be repeated');
});

t.test('a job that waits for another attempt can be cancelled, and does not outlast its queue', async (t) => {
  const time = new VirtualTime(1_700_000_000_000);
  const { queue, stage } = await openQueue(t, { clock: time, timer: time });
  const { id } = await queue.submit(request('a', 'ana', repeatable));
  const other = await queue.submit(request('b', 'ben', repeatable));
  await stage.until(2);
  for (const { fail } of stage.started) fail(passing());
  await time.to(time.now());
  t.match(await queue.cancel(id), { state: 'cancelled' });
  await queue.stop(AbortSignal.abort());
  t.match(queue.get(other.id), { state: 'cancelled', error: { code: 'STOPPING' } });
  await time.to(time.now() + 100_000);
  t.equal(stage.started.length, 2);
});

t.test('a user’s jobs take no more than their share of the waiting room', async (t) => {
  const { queue, stage } = await openQueue(t, { waitingOfUserMax: 2 });
  await queue.submit(request('a0', 'ana'));
  await stage.until(1);
  for (const label of ['a1', 'a2']) await queue.submit(request(label, 'ana'));
  await t.rejects(queue.submit(request('a3', 'ana')), { code: 'QUEUE_FULL', message: /of "ana"/, retryable: true });
  await queue.submit(request('b1', 'ben'));
  t.same(states(queue.list({ user: 'ben' })), ['b1 running']);
});

t.test('other limits count from the next start on', async (t) => {
  const { queue, stage } = await openQueue(t, { limits: { writers: 1, readers: 1, urgent: 0 } });
  for (const label of ['a', 'b', 'c']) await queue.submit(request(label, label));
  await stage.until(1);
  queue.setLimits({ writers: 2, readers: 1, urgent: 0 });
  await stage.until(2);
  t.same(stage.labels, ['a', 'b']);
});
