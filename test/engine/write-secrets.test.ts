import t from 'tap';
import { loadCodecs } from '../../src/codec/index.js';
import { FrameWriter } from '../../src/engine/frame-writer.js';
import { handOver, type OpenSession } from '../../src/engine/index.js';
import { PackWriter } from '../../src/engine/pack-writer.js';
import { Slabs } from '../../src/engine/slabs.js';
import { WorkerSession } from '../../src/engine/worker-session.js';
import { countingRandom, SECRETS, settings } from './write-fixture.js';

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

t.test('handOver() copies secrets, into one piece of memory of their own', async (t) => {
  const { secrets, transfer } = handOver(SECRETS);
  t.same(secrets, SECRETS);
  t.equal(transfer.length, 1);
  t.ok(transfer.includes(secrets.packKey.buffer as ArrayBuffer));
  secrets.packKey.fill(0);
  t.notOk(isZero(SECRETS.packKey));
});

for (const end of ['finish', 'discard'] as const) {
  t.test(`a worker's session has wiped its keys after ${end}()`, async (t) => {
    await loadCodecs();
    const { secrets } = handOver(SECRETS);
    const open: OpenSession = { session: 1, secrets, settings: settings() };
    const session = new WorkerSession(open, countingRandom());
    const context = { ask: async () => new Uint8Array(1) };
    const bytes = new Uint8Array(100).fill(7);
    await session.part({ session: 1, stream: 1, bytes, final: true }, context);
    await session[end](context);
    const { packKey, idKeys, chunkerSecret } = secrets;
    for (const key of [packKey, idKeys.data, idKeys.node, idKeys.list, chunkerSecret]) t.ok(isZero(key));
    await t.rejects(session.part({ session: 1, stream: 2, bytes, final: true }, context), /closed/);
  });
}

t.test('slabs and frames keep nothing of what went through them', async (t) => {
  await loadCodecs();
  const slabs = new Slabs(SECRETS);
  const slab = await slabs.acquire();
  slab.bytes.fill(7);
  slabs.wipe();
  t.ok(isZero(slab.bytes.subarray(0, 4096)));
  t.throws(() => slabs.identify(slab, 0, 10, new Uint8Array(32), 0), /closed/);
  const frames = new FrameWriter(settings({ codec: 'none' }));
  const pack = new PackWriter(SECRETS, settings(), countingRandom());
  const seen: Uint8Array[] = [];
  const watched = Object.assign(Object.create(pack), {
    addFrame: (_: number, plain: Uint8Array) => void seen.push(plain),
  }) as PackWriter;
  frames.write(1, new Uint8Array(100).fill(7), Uint32Array.of(100), new Uint8Array(32), watched);
  t.notOk(isZero(seen[0]!));
  frames.close();
  t.ok(isZero(seen[0]!));
});
