import { createCipheriv } from 'node:crypto';
import t from 'tap';
import type { ChunkBatch } from '../../src/engine/chunk-batch.js';
import { PartCutter } from '../../src/engine/read-parts.js';
import { SLAB_BYTES, Slabs } from '../../src/engine/slabs.js';
import { SECRETS } from './write-fixture.js';

const PARAMS = { algorithm: 'sgear', minBytes: 16 * 1024, normalBytes: 64 * 1024, maxBytes: 256 * 1024 } as const;

function noise(length: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** The ids and lengths of a stream that comes in these parts. */
async function cut(parts: readonly Uint8Array[]): Promise<string[]> {
  const slabs = new Slabs(SECRETS);
  const cutter = new PartCutter(PARAMS);
  const found: string[] = [];
  const tell = async (chunks: ChunkBatch): Promise<void> => {
    for (let i = 0; i < chunks.count; i++) {
      found.push(`${chunks.lengths[i]} ${Buffer.from(chunks.ids.subarray(i * 32, i * 32 + 32)).toString('hex')}`);
    }
  };
  await Promise.all(parts.map((part, i) => cutter.add(part, i === parts.length - 1, slabs, () => tell)));
  return found;
}

t.test('a PartCutter cuts a stream alike however it comes', async (t) => {
  const bytes = noise(2 * SLAB_BYTES + 12_345);
  const whole = await cut([bytes]);
  t.ok(whole.length > 20);
  for (const length of [1000, 16 * 1024, 262_144, 2 ** 20, SLAB_BYTES]) {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += length) parts.push(bytes.subarray(at, at + length));
    t.same(await cut(parts), whole, `in parts of ${length} bytes`);
    t.same(await cut([...parts, new Uint8Array(0)]), whole, 'and with an empty end');
  }
});

t.test('a PartCutter makes no chunk of nothing, and one of little', async (t) => {
  t.same(await cut([new Uint8Array(0)]), []);
  t.equal((await cut([noise(1)])).length, 1);
});

t.test('a PartCutter goes on after a part whose chunks could not be told', async (t) => {
  const slabs = new Slabs(SECRETS);
  const cutter = new PartCutter(PARAMS);
  const refuse = async (): Promise<void> => {
    throw new Error('refused');
  };
  await t.rejects(
    cutter.add(noise(2 ** 20), false, slabs, () => refuse),
    /refused/,
  );
  t.ok((await cutter.add(noise(1), true, slabs, () => async () => {})) > 0);
  t.ok(await slabs.acquire(), 'and gives its slab back');
  t.ok(await slabs.acquire());
});
