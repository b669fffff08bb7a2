import { readSync } from 'node:fs';
import { readAt } from '../posix/index.js';
import { ChunkBatch } from './chunk-batch.js';
import { SLAB_BYTES, type Slab, type Slabs } from './slabs.js';
import type { StreamCall, WriteSettings } from './write-protocol.js';

/** Told of the chunks that lie one after another from the slab's start; may change those bytes. */
export type OnChunks = (chunks: ChunkBatch) => Promise<void>;

/** Reads a stream of any length through one slab. Returns how many bytes of data were read. */
export async function readStream(
  call: StreamCall,
  slab: Slab,
  slabs: Slabs,
  settings: WriteSettings,
  onChunks: OnChunks,
): Promise<number> {
  const params = call.largeClass ? settings.largeClass : settings.smallClass;
  const ends = new Uint32Array(SLAB_BYTES / params.minBytes + 2);
  const chunks = new ChunkBatch();
  let total = 0;

  /** One run of data: each begins with a fresh chunk, so that holes lie between chunks. */
  async function run(offset: number, length: number): Promise<void> {
    let position = offset;
    let left = length;
    let carried = 0;
    for (let ended = false; !ended; ) {
      const got = fill(slab.bytes.subarray(carried, Math.min(SLAB_BYTES, carried + left)), position);
      position += got.bytes;
      left -= got.bytes;
      total += got.bytes;
      ended = got.ended || left === 0;
      const filled = carried + got.bytes;
      const cut = filled === 0 ? 0 : slabs.cut(slab, params, 0, filled, ended, ends);
      const used = cut === 0 ? 0 : ends[cut - 1]!;
      const tail = slab.bytes.slice(used, filled);
      collect(cut);
      if (cut > 0) await onChunks(chunks);
      slab.bytes.set(tail);
      carried = tail.length;
    }
  }

  function fill(into: Uint8Array, position: number): { bytes: number; ended: boolean } {
    let bytes = 0;
    while (bytes < into.length) {
      const rest = into.subarray(bytes);
      const n = call.pipe ? readSync(call.fd, rest) : readAt(call.fd, rest, position + bytes);
      if (n === 0) return { bytes, ended: true };
      bytes += n;
    }
    return { bytes, ended: false };
  }

  function collect(cut: number): void {
    chunks.clear();
    const ids = chunks.reserve(cut);
    let from = 0;
    for (let i = 0; i < cut; i++) {
      slabs.identify(slab, from, ends[i]! - from, ids, i);
      chunks.push(ends[i]! - from);
      from = ends[i]!;
    }
  }

  for (const range of call.ranges ?? [{ offset: 0, length: Number.MAX_SAFE_INTEGER }]) {
    await run(range.offset, range.length);
  }
  return total;
}
