import { join } from 'node:path';
import t from 'tap';
import { type Backend, MemoryBackend, openLocalBackend, withLimit } from '../../src/storage/index.js';
import { backendContract, names, pattern } from './contract.js';

backendContract(t, 'limit around memory', async () => withLimit(new MemoryBackend(), 2));
backendContract(t, 'limit around local', async (t) =>
  withLimit(await openLocalBackend(join(t.testdir({}), 'vault'), { create: true }), 3),
);

/** Counts how many gets are under way at once; each lasts a turn of the event loop. */
function counting(inner: Backend): { backend: Backend; most: () => number } {
  let [running, most] = [0, 0];
  const get: Backend['get'] = async (name, options) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return inner.get(name, options);
  };
  return { backend: Object.assign(Object.create(inner) as Backend, { get }), most: () => most };
}

t.test('limit lets no more calls through than asked, and all in the end', async (t) => {
  const memory = new MemoryBackend();
  await memory.put('object', { bytes: pattern(10) });
  const { backend, most } = counting(memory);
  const limited = withLimit(backend, 3);
  const results = await Promise.all(Array.from({ length: 20 }, () => limited.get('object')));
  t.equal(results.length, 20);
  t.equal(most(), 3);
});

t.test('limit frees the place of a call that failed', async (t) => {
  const limited = withLimit(new MemoryBackend(), 1);
  await t.rejects(limited.get('a'), { code: 'OBJECT_MISSING' });
  await t.rejects(limited.get('b'), { code: 'OBJECT_MISSING' });
});

t.test('limit holds no place while the consumer of a listing works', async (t) => {
  const memory = new MemoryBackend();
  for (const name of ['a', 'b', 'c']) await memory.put(name, { bytes: pattern(10) });
  const limited = withLimit(memory, 1);
  let bytes = 0;
  for await (const { name } of limited.list('')) bytes += (await limited.get(name)).length;
  t.equal(bytes, 30);
  t.same(await names(limited, 'b'), ['b']);
});

t.test('a call aborted while it waits for its turn is never made', async (t) => {
  const memory = new MemoryBackend();
  await memory.put('object', { bytes: pattern(10) });
  const limited = withLimit(counting(memory).backend, 1);
  const controller = new AbortController();
  const first = limited.get('object');
  const second = limited.put('other', { bytes: pattern(1) }, { signal: controller.signal });
  controller.abort();
  await t.rejects(second, { code: 'CANCELLED' });
  await first;
  t.same(await names(memory, ''), ['object']);
});
