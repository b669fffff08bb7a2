import { errnoCode } from '../base/index.js';
import { readAt } from '../posix/index.js';
import { ChunkBatch } from './chunk-batch.js';
import { SLAB_BYTES, type Slab, type Slabs } from './slabs.js';
import type { ReadFailure, StreamCall, StreamResult, WriteSettings } from './write-protocol.js';

/** Told of the chunks that lie one after another from the slab's start; may change those bytes. */
export type OnChunks = (chunks: ChunkBatch) => Promise<void>;

interface Filled {
  readonly bytes: number;
  readonly ended: boolean;
}

/**
 * Reads a stream of any length through one slab. What goes wrong with reading is part of the answer; what goes wrong with
 * storing is thrown.
 */
export async function readStream(
  call: StreamCall,
  slab: Slab,
  slabs: Slabs,
  settings: WriteSettings,
  onChunks: OnChunks,
): Promise<StreamResult> {
  const params = call.largeClass ? settings.largeClass : settings.smallClass;
  const ends = new Uint32Array(SLAB_BYTES / params.minBytes + 2);
  const chunks = new ChunkBatch();
  let total = 0;
  let failure: ReadFailure | undefined;

  /**
   * One run of data: each begins with a fresh chunk, so that holes lie between chunks. False when it ended early: what
   * follows in the file is then not where it was said to be.
   */
  async function run(offset: number, length: number): Promise<boolean> {
    let position = offset;
    let left = length;
    let carried = 0;
    for (let ended = false; !ended; ) {
      const got = fill(slab.bytes.subarray(carried, Math.min(SLAB_BYTES, carried + left)), position);
      if (failure) return false;
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
    return left === 0;
  }

  function fill(into: Uint8Array, position: number): Filled {
    let bytes = 0;
    try {
      while (bytes < into.length) {
        const rest = into.subarray(bytes);
        const n = readAt(call.fd, rest, position + bytes);
        if (n === 0) return { bytes, ended: true };
        bytes += n;
      }
    } catch (error) {
      const code = errnoCode(error);
      if (code === undefined) throw error;
      failure = { code, message: error instanceof Error ? error.message : code };
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
    if (!(await run(range.offset, range.length))) break;
  }
  return { bytes: total, failure };
}
