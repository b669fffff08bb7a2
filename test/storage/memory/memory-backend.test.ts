import t from 'tap';
import { MemoryBackend } from '../../../src/storage/index.js';
import { backendContract, names, pattern } from '../contract.js';

backendContract(t, 'memory', async () => new MemoryBackend());

t.test('snapshot() and clone() keep a moment, whatever is written afterwards', async (t) => {
  const backend = new MemoryBackend();
  await backend.put('a/one', { bytes: pattern(10) });
  const snapshot = backend.snapshot();
  const clone = backend.clone();
  await backend.put('a/two', { bytes: pattern(20) });
  await backend.remover().remove('a/one');
  snapshot.get('a/one')!.fill(0);
  t.same([...snapshot.keys()], ['a/one']);
  t.same(await clone.get('a/one'), pattern(10));
  t.same(await names(clone, ''), ['a/one']);
  t.same(await names(new MemoryBackend(backend.snapshot()), ''), ['a/two']);
});

t.test('a memory backend refuses a start with a name that is none', async (t) => {
  t.throws(() => new MemoryBackend(new Map([['../x', pattern(1)]])), TypeError);
});

t.test('put() checks the hash of a spooled file', async (t) => {
  const file = `${t.testdir({ spooled: 'bytes' })}/spooled`;
  const put = new MemoryBackend().put('object', { file, length: 5, sha256: new Uint8Array(32) });
  await t.rejects(put, { code: 'DATA_CORRUPT' });
});
