import t from 'tap';
import { isBitacoraError } from '../../src/base/index.js';
import {
  type Backend,
  type FaultPlan,
  MemoryBackend,
  type RetryOptions,
  scriptedFaults,
  seededFaults,
  withFaults,
  withRecord,
  withRetry,
} from '../../src/storage/index.js';
import { backendContract, names, pattern, spool } from './contract.js';

/** Waits of no length, written down; always the longest that the jitter allows. */
function patience(): RetryOptions & { waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    random: { bytes: (length) => new Uint8Array(length).fill(0xff) },
    sleep: async (delayMs) => void waits.push(delayMs),
  };
}

function faulty(plan: FaultPlan, options: RetryOptions, inner: Backend = new MemoryBackend()): Backend {
  return withRetry(withFaults(inner, plan), options);
}

backendContract(t, 'retry around memory', async () => withRetry(new MemoryBackend()));

for (const seed of [1, 2, 3]) {
  const factory = async () => faulty(seededFaults(seed, 0.3), { ...patience(), attempts: 40 });
  backendContract(t, `retry around memory with faults of seed ${seed}`, factory, { exactOutcome: false });
}

t.test('retry waits twice as long each time, up to a limit, and then throws the error as it came', async (t) => {
  const options = { ...patience(), attempts: 6, delayMs: 100, delayMsMax: 500 };
  const backend = faulty(scriptedFaults([{ verb: 'get', effect: 'timeout' }]), options);
  await t.rejects(backend.get('object'), { code: 'BACKEND_FAILED', details: { effect: 'timeout' } });
  t.same(options.waits, [100, 200, 400, 500, 500]);
});

t.test('retry spreads its waits between nothing and the longest', async (t) => {
  const options = { ...patience(), random: { bytes: (length: number) => new Uint8Array(length) } };
  const backend = faulty(scriptedFaults([{ verb: 'stat', nth: 1, effect: 'io' }]), options);
  t.equal(await backend.stat('object'), undefined);
  t.same(options.waits, [0]);
});

t.test('retry repeats nothing that would fail again', async (t) => {
  const options = patience();
  const backend = faulty(scriptedFaults([{ verb: 'put', nth: 1, effect: 'no-space' }]), options);
  await t.rejects(backend.put('object', { bytes: pattern(1) }), { code: 'NO_SPACE' });
  await t.rejects(backend.get('object'), { code: 'OBJECT_MISSING' });
  await t.rejects(backend.get('../x'), TypeError);
  t.same(options.waits, []);
});

t.test('retry of a put whose outcome was unknown finds its own bytes', async (t) => {
  const memory = new MemoryBackend();
  const rules = scriptedFaults([{ verb: 'put', nth: 1, effect: 'unknown' }]);
  const backend = faulty(rules, patience(), memory);
  const source = await spool(t, backend, pattern(1000));
  t.equal(await backend.put('object', source), 'exists');
  t.same(await memory.get('object'), pattern(1000));
});

t.test('retry reports each failed try before it waits', async (t) => {
  const seen: [string, number, number][] = [];
  const plan = scriptedFaults([
    { verb: 'get', nth: 1, effect: 'io' },
    { verb: 'get', nth: 2, effect: 'unknown' },
  ]);
  const onRetry: RetryOptions['onRetry'] = (error, attempt, delayMs) => seen.push([error.code, attempt, delayMs]);
  const backend = faulty(plan, { ...patience(), onRetry });
  await t.rejects(backend.get('object'), { code: 'OBJECT_MISSING' });
  t.same(seen, [
    ['BACKEND_FAILED', 1, 200],
    ['OBJECT_UNKNOWN', 2, 400],
  ]);
});

t.test('retry takes a listing up after the last name that it passed on', async (t) => {
  const memory = new MemoryBackend();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await memory.put(name, { bytes: pattern(1) });
  const plan = scriptedFaults([
    { verb: 'list', nth: 1, effect: 'io' },
    { verb: 'list', nth: 2, effect: 'io' },
  ]);
  const options = { ...patience(), attempts: 2 };
  t.same(await names(faulty(plan, options, memory), ''), ['a', 'b', 'c', 'd', 'e', 'f']);
  t.same(options.waits, [200, 200], 'progress makes the count begin anew');
});

t.test('retry of a listing that never gets on gives up', async (t) => {
  const backend = faulty(scriptedFaults([{ verb: 'list', effect: 'io' }]), patience());
  await t.rejects(names(backend, ''), { code: 'BACKEND_FAILED' });
});

t.test('an abort while retry waits cancels the call', async (t) => {
  const controller = new AbortController();
  const record = withRecord(withFaults(new MemoryBackend(), scriptedFaults([{ verb: 'get', effect: 'io' }])));
  const backend = withRetry(record, { sleep: async () => controller.abort() });
  const error = await backend.get('object', { signal: controller.signal }).catch((cause: unknown) => cause);
  t.ok(isBitacoraError(error, 'CANCELLED'));
  t.equal(record.calls.length, 1);
});

t.test('the wait of the system ends when the call is aborted', async (t) => {
  const controller = new AbortController();
  const plan = scriptedFaults([{ verb: 'get', effect: 'io' }]);
  const backend = withRetry(withFaults(new MemoryBackend(), plan), {
    delayMs: 3_600_000,
    delayMsMax: 3_600_000,
    onRetry: () => setImmediate(() => controller.abort()),
  });
  await t.rejects(backend.get('object', { signal: controller.signal }), { code: 'CANCELLED' });
});
