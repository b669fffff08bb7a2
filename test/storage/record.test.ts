import { join } from 'node:path';
import t from 'tap';
import { MemoryBackend, openLocalBackend, withRecord } from '../../src/storage/index.js';
import { backendContract, names, pattern, spool } from './contract.js';

backendContract(t, 'record around memory', async () => withRecord(new MemoryBackend()));
backendContract(t, 'record around local', async (t) =>
  withRecord(await openLocalBackend(join(t.testdir({}), 'vault'), { create: true }), { hideLocalPaths: true }),
);

t.test('record writes down every call with its size and outcome', async (t) => {
  const backend = withRecord(new MemoryBackend());
  await backend.put('a', { bytes: pattern(10) });
  await backend.put('a', await spool(t, backend, pattern(10)));
  await t.rejects(backend.put('a', { bytes: pattern(11) }), { code: 'OBJECT_EXISTS' });
  await backend.get('a');
  await backend.getRange('a', 2, 3);
  await backend.stat('a');
  await names(backend, '');
  for await (const _ of backend.list('a')) break;
  await backend.remover().remove('a');
  await t.rejects(backend.get('a'), { code: 'OBJECT_MISSING' });
  await t.rejects(backend.get('../a'), TypeError);
  t.same(backend.calls, [
    { verb: 'put', name: 'a', length: 10, outcome: 'created' },
    { verb: 'put', name: 'a', length: 10, outcome: 'exists' },
    { verb: 'put', name: 'a', length: 11, outcome: 'OBJECT_EXISTS' },
    { verb: 'get', name: 'a', length: 10, outcome: 'ok' },
    { verb: 'getRange', name: 'a', offset: 2, length: 3, outcome: 'ok' },
    { verb: 'stat', name: 'a', outcome: 'ok' },
    { verb: 'list', name: '', length: 1, outcome: 'ok' },
    { verb: 'list', name: 'a', length: 1, outcome: 'left early' },
    { verb: 'remove', name: 'a', outcome: 'ok' },
    { verb: 'get', name: 'a', outcome: 'OBJECT_MISSING' },
    { verb: 'get', name: '../a', outcome: 'TypeError' },
  ]);
});

t.test('record notes who asks for a local path, or tells nobody', async (t) => {
  const local = await openLocalBackend(t.testdir({}));
  const open = withRecord(local);
  t.equal(open.localPath('a'), local.localPath('a'));
  t.same(open.calls, [{ verb: 'localPath', name: 'a', outcome: 'ok' }]);
  t.equal(withRecord(local, { hideLocalPaths: true }).localPath('a'), undefined);
});
