import t, { type Test } from 'tap';
import { asBuffer, equalBytes, fromHex, systemRandom } from '../../src/base/index.js';
import { sha256 } from '../../src/crypto/index.js';
import { queueName } from '../../src/format/index.js';
import { MemoryBackend } from '../../src/storage/index.js';
import type { QueuedJob, Vault } from '../../src/vault/index.js';
import { makeVault, type Place } from './fixture.js';

const ID = '018f4d2e-0000-7000-8000-000000000001';
const OTHER = '018f4d2e-0000-7000-8000-000000000000';
const JOB: QueuedJob = {
  id: ID,
  submitted: 5,
  operation: 'backup',
  user: 'ana',
  access: 'write',
  input: { user_id: 'ana', path: ['/srv/very-secret-name'], deep: { list: [1, null, 'ä'] } },
};

async function opened(t: Test): Promise<{ memory: MemoryBackend; vault: Vault; place: Place }> {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  t.teardown(() => vault.close());
  return { memory, vault, place };
}

const objectOf = (id: string) => queueName(fromHex(id.replaceAll('-', '')));

t.test('a queued job comes back after the vault was closed, in the order of submission', async (t) => {
  const { vault, place } = await opened(t);
  const later = { ...JOB, id: OTHER, submitted: 6, user: undefined, access: 'exclusive' as const };
  await vault.queue.add(later);
  await vault.queue.add(JOB);
  await vault.close();
  const again = await place.open();
  t.teardown(() => again.close());
  t.strictSame(await again.queue.list(), { jobs: [JOB, later], damaged: [] });
  await again.queue.remove(ID);
  await again.queue.remove(ID);
  t.strictSame((await again.queue.list()).jobs, [later]);
});

t.test('a queue file shows nothing of the job', async (t) => {
  const { vault, memory } = await opened(t);
  await vault.queue.add(JOB);
  const bytes = asBuffer(await memory.get(objectOf(ID)));
  for (const secret of ['ana', 'secret', 'backup']) t.notOk(bytes.includes(secret), secret);
});

t.test('a queue file that was damaged or moved is told, and hides no other', async (t) => {
  const { vault, memory } = await opened(t);
  await vault.queue.add(JOB);
  await memory.put(objectOf(OTHER), { bytes: await memory.get(objectOf(ID)) });
  const moved = await vault.queue.list();
  t.strictSame(moved.jobs, [JOB]);
  t.match(moved.damaged, [{ code: 'DATA_CORRUPT', message: /another job/, details: { object: objectOf(OTHER) } }]);
  const bytes = await memory.get(objectOf(ID));
  bytes[bytes.length - 1]! ^= 1;
  for (const id of [ID, OTHER]) await vault.queue.remove(id);
  await memory.put(objectOf(ID), { bytes });
  t.match(await vault.queue.list(), { jobs: [], damaged: [{ code: 'DATA_CORRUPT' }] });
});

t.test('an input too large to be kept is refused', async (t) => {
  const { vault } = await opened(t);
  const input = { data: 'x'.repeat(16 << 20) };
  await t.rejects(vault.queue.add({ ...JOB, input }), { code: 'USAGE' });
  t.strictSame(await vault.queue.list(), { jobs: [], damaged: [] });
});

t.test('what came with a job comes back with it, goes with it, and is nobody’s without it', async (t) => {
  const { vault, memory, place } = await opened(t);
  const bytes = systemRandom.bytes((8 << 20) + 5);
  const body = { type: 'records', hash: sha256(bytes), load: async () => bytes };
  await vault.queue.add({ ...JOB, body });
  await vault.queue.add({ ...JOB, id: OTHER, body });
  const names = async () => {
    const all: string[] = [];
    for await (const { name } of memory.list('queue/')) all.push(name);
    return all;
  };
  t.same((await names()).length, 6);
  await vault.queue.remove(OTHER);
  t.same(await names(), [objectOf(ID), `${objectOf(ID)}.1`, `${objectOf(ID)}.2`]);
  await vault.close();
  const again = await place.open();
  t.teardown(() => again.close());
  await again.queue.sweep();
  const { jobs } = await again.queue.list();
  t.match(jobs, [{ id: ID, body: { type: 'records' } }]);
  t.ok(equalBytes(await jobs[0]!.body!.load(), bytes));
  const first = await memory.get(`${objectOf(ID)}.1`);
  await memory.remover().remove(`${objectOf(ID)}.2`);
  await memory.put(`${objectOf(ID)}.2`, { bytes: first });
  await t.rejects(jobs[0]!.body!.load(), { code: 'DATA_CORRUPT', message: /another part/ });
  await memory.remover().remove(objectOf(ID));
  await again.queue.sweep();
  t.same(await names(), [], 'as where the job was removed and its parts were not');
});
