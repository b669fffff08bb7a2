import t from 'tap';
import { BitacoraError } from '../../src/base/index.js';
import { runnableOnly } from '../../src/daemon/job-store.js';
import type { StoredJob } from '../../src/scheduler/index.js';
import { MemoryJobStore } from '../scheduler/fixture.js';

const id = (digit: string) => `018f4d2e-0000-7000-8000-00000000000${digit}`;

t.test('jobs of another version stay in the store, are told, and do not run', async (t) => {
  const memory = new MemoryJobStore();
  memory.damaged = [new BitacoraError('DATA_CORRUPT', 'Bad seal.')];
  const store = runnableOnly(memory);
  const good: StoredJob = {
    id: id('1'),
    submitted: 1,
    operation: 'backup',
    user: 'ana',
    access: 'write',
    input: { user_id: 'ana', type: 'manual' },
  };
  await store.add(good);
  await store.add({ ...good, id: id('2'), operation: 'teleport' });
  await store.add({ ...good, id: id('3'), operation: 'list' });
  await store.add({ ...good, id: id('4'), input: { user_id: 'ana', type: 'manual', colour: 'red' } });
  const { jobs, damaged } = await store.list();
  t.same(jobs, [good]);
  t.match(damaged, [
    { code: 'DATA_CORRUPT' },
    { code: 'FORMAT_NEWER', message: /teleport/, details: { job: id('2') } },
    { code: 'FORMAT_NEWER', details: { job: id('3') } },
    { code: 'FORMAT_NEWER', message: /colour/, details: { job: id('4') } },
  ]);
  t.equal(memory.jobs.size, 4);
  await store.remove(id('2'));
  t.equal(memory.jobs.size, 3);
});
