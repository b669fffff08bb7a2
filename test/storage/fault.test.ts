import { join } from 'node:path';
import t from 'tap';
import {
  type FaultEffect,
  type FaultVerb,
  MemoryBackend,
  openLocalBackend,
  scriptedFaults,
  seededFaults,
  withFaults,
} from '../../src/storage/index.js';
import { backendContract, exists, names, pattern, spool } from './contract.js';

const never = () => undefined;
backendContract(t, 'fault without faults around memory', async () => withFaults(new MemoryBackend(), never));
backendContract(t, 'fault without faults around local', async (t) =>
  withFaults(await openLocalBackend(join(t.testdir({}), 'vault'), { create: true }), never),
);

async function planted(): Promise<MemoryBackend> {
  const memory = new MemoryBackend();
  for (const name of ['a', 'b', 'c', 'd']) await memory.put(name, { bytes: pattern(100) });
  return memory;
}

function once(verb: FaultVerb, effect: FaultEffect) {
  return scriptedFaults([{ verb, nth: 1, effect }]);
}

t.test('scripted faults strike the call that they name, once', async (t) => {
  const plan = scriptedFaults([
    { verb: 'get', nth: 2, name: (name) => name === 'b', effect: 'io' },
    { verb: 'stat', effect: 'timeout' },
  ]);
  const backend = withFaults(await planted(), plan);
  await backend.get('b');
  await backend.get('a');
  await t.rejects(backend.get('b'), { code: 'BACKEND_FAILED', retryable: true });
  await backend.get('b');
  await t.rejects(backend.stat('a'), { code: 'BACKEND_FAILED', details: { effect: 'timeout' } });
  await t.rejects(backend.stat('b'), { code: 'BACKEND_FAILED', details: { effect: 'timeout' } });
});

t.test('seeded faults are the same for the same seed, and as many as asked', async (t) => {
  const run = (seed: number) => {
    const plan = seededFaults(seed, 0.25);
    return Array.from({ length: 4000 }, (_, index) => plan({ verb: 'get', name: 'a', count: index + 1 }));
  };
  t.same(run(7), run(7));
  t.not(run(7).join(), run(8).join());
  const struck = run(7).filter((effect) => effect !== undefined).length;
  t.ok(struck > 900 && struck < 1100, `${struck} of 4000`);
});

t.test('faults before the effect leave nothing behind', async (t) => {
  for (const [effect, code] of [
    ['io', 'BACKEND_FAILED'],
    ['timeout', 'BACKEND_FAILED'],
    ['no-space', 'NO_SPACE'],
  ] as const) {
    const memory = await planted();
    await t.rejects(withFaults(memory, once('put', effect)).put('e', { bytes: pattern(1) }), { code }, effect);
    t.equal(await memory.stat('e'), undefined, effect);
  }
  const memory = await planted();
  await t.rejects(withFaults(memory, once('remove', 'io')).remover().remove('a'), { code: 'BACKEND_FAILED' });
  t.ok(await memory.stat('a'));
});

t.test('an unknown outcome comes after the effect and keeps a spooled file', async (t) => {
  const memory = await planted();
  const backend = withFaults(memory, (call) => (call.verb === 'get' ? undefined : 'unknown'));
  const source = await spool(t, backend, pattern(50));
  await t.rejects(backend.put('e', source), { code: 'OBJECT_UNKNOWN', retryable: true });
  t.ok(await exists(source.file));
  t.same(await memory.get('e'), pattern(50));
  await t.rejects(backend.remover().remove('a'), { code: 'OBJECT_UNKNOWN' });
  t.equal(await memory.stat('a'), undefined);
  await t.rejects(backend.stat('b'), { code: 'OBJECT_UNKNOWN' });
});

t.test('damaged reads change the answer, not the object', async (t) => {
  const memory = await planted();
  const corrupt = await withFaults(memory, once('get', 'corrupt')).get('a');
  t.equal(corrupt.length, 100);
  t.equal(corrupt.filter((byte, index) => byte !== pattern(100)[index]).length, 1);
  t.same(await withFaults(memory, once('get', 'truncated')).get('a'), pattern(50));
  const range = await withFaults(memory, once('getRange', 'corrupt')).getRange('a', 10, 5);
  t.equal(range.filter((byte, index) => byte !== pattern(100)[10 + index]).length, 1);
  const short = withFaults(memory, once('getRange', 'truncated')).getRange('a', 10, 5);
  await t.rejects(short, { code: 'DATA_CORRUPT' });
  t.same(await memory.get('a'), pattern(100));
});

t.test('a listing fails half-way, or ends there as if that were all', async (t) => {
  const seen: string[] = [];
  const failing = async () => {
    for await (const { name } of withFaults(await planted(), once('list', 'io')).list('')) seen.push(name);
  };
  await t.rejects(failing(), { code: 'BACKEND_FAILED', retryable: true });
  t.same(seen, ['a', 'b']);
  t.same(await names(withFaults(await planted(), once('list', 'short')), ''), ['a', 'b']);
});

t.test('a lost put is there until the crash', async (t) => {
  const memory = await planted();
  const backend = withFaults(memory, scriptedFaults([{ verb: 'put', effect: 'lost' }]));
  t.equal(await backend.put('a', { bytes: pattern(100) }), 'exists');
  t.equal(await backend.put('e', { bytes: pattern(5) }), 'created');
  t.same(await backend.get('e'), pattern(5));
  await backend.crash();
  t.same(await names(memory, ''), ['a', 'b', 'c', 'd'], 'what was durable before stays');
});

t.test('faults hide local paths, so that no read goes past them', async (t) => {
  const local = await openLocalBackend(t.testdir({}));
  t.equal(withFaults(local, never).localPath('a'), undefined);
});

t.test('an effect that the call cannot have is a mistake of the test', async (t) => {
  const memory = await planted();
  await t.rejects(withFaults(memory, () => 'lost').get('a'), TypeError);
  await t.rejects(withFaults(memory, () => 'short').put('a', { bytes: pattern(1) }), TypeError);
  await t.rejects(
    names(
      withFaults(memory, () => 'corrupt'),
      '',
    ),
    TypeError,
  );
});
