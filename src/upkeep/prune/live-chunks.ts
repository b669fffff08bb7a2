import { fromHex } from '../../base/index.js';
import { type ChunkKind, type Footer, ID_BYTES } from '../../format/index.js';
import type { OpenPack, UserIndex } from '../../store/index.js';

/** What of one pack is needed. */
export interface PackShare {
  /** The index's own number of it. */
  readonly ordinal: number;
  readonly chunks: number;
  liveChunks: number;
  /** Sealed bytes of its frames, and about how many of them are needed: a frame's bytes are shared evenly among its chunks. */
  readonly bytes: number;
  liveBytes: number;
}

/** One pack's chunks by number. */
interface Marks extends PackShare {
  /** When each chunk was first met, from 1, in the order of the trees; 0: it was not. */
  readonly met: Uint32Array;
  readonly frames: Pick<Footer, 'firstChunks' | 'sealedLengths' | 'kinds' | 'frameCount'>;
}

/** A chunk that is needed, in a pack whose place for it holds. */
export interface LiveChunk {
  readonly kind: ChunkKind;
  readonly frame: number;
  readonly number: number;
  readonly met: number;
}

/**
 * Which chunks are needed, by the place that the index has for each, in 4 bytes a chunk of the packs that hold any: of a chunk that lies in
 * two packs only the one that is read counts.
 */
export class LiveChunks {
  readonly #index: UserIndex;
  readonly #packs = new Map<string, Marks>();
  #next = 1;

  constructor(index: UserIndex) {
    this.#index = index;
  }

  /** Number of chunks met. */
  get count(): number {
    return this.#next - 1;
  }

  /** Marks the chunk at a place. Resolves with about how many bytes it takes, or 0 where it was met before. */
  mark(pack: OpenPack, frame: number, position: number): number {
    const marks = this.#marksOf(pack);
    const { firstChunks } = marks.frames;
    const number = firstChunks[frame]! + position;
    if (marks.met[number] !== 0) return 0;
    marks.met[number] = this.#next++;
    const bytes = chunkBytes(marks, frame);
    marks.liveChunks++;
    marks.liveBytes += bytes;
    return bytes;
  }

  /** Takes chunks back that were stored elsewhere meanwhile. */
  clear(pack: string, numbers: readonly number[]): void {
    const marks = this.#packs.get(pack);
    if (!marks) return;
    for (const number of numbers) {
      if (marks.met[number] === 0) continue;
      marks.met[number] = 0;
      marks.liveChunks--;
    }
  }

  /** Of a pack, by hash in hex; undefined where nothing of it is needed. */
  share(pack: string): PackShare | undefined {
    return this.#packs.get(pack);
  }

  /** What is needed of a pack, in the order of its chunks. */
  *chunksOf(pack: string): Generator<LiveChunk> {
    const marks = this.#packs.get(pack);
    if (!marks) return;
    const { firstChunks, kinds } = marks.frames;
    for (let number = 0, frame = 0; number < marks.met.length; number++) {
      while (number >= firstChunks[frame + 1]!) frame++;
      const met = marks.met[number]!;
      if (met !== 0) yield { kind: kinds[frame] as ChunkKind, frame, number, met };
    }
  }

  #marksOf({ label, footer }: OpenPack): Marks {
    let marks = this.#packs.get(label);
    if (!marks) {
      const { firstChunks, sealedLengths, kinds, frameCount, chunkCount } = footer;
      let bytes = 0;
      for (let frame = 0; frame < frameCount; frame++) bytes += sealedLengths[frame]!;
      marks = {
        ordinal: this.#index.packOrdinal(fromHex(label)) ?? -1,
        chunks: chunkCount,
        liveChunks: 0,
        bytes,
        liveBytes: 0,
        met: new Uint32Array(chunkCount),
        frames: { firstChunks, sealedLengths, kinds, frameCount },
      };
      this.#packs.set(label, marks);
    }
    return marks;
  }
}

function chunkBytes({ frames: { firstChunks, sealedLengths } }: Marks, frame: number): number {
  return sealedLengths[frame]! / (firstChunks[frame + 1]! - firstChunks[frame]!);
}

/** The id of a pack's chunk by number: a view. */
export function idOf(footer: Pick<Footer, 'ids'>, number: number): Uint8Array {
  return footer.ids.subarray(number * ID_BYTES, (number + 1) * ID_BYTES);
}
