import type { LocatedChunks } from '../store/index.js';

/** A stretch of one pack, read in one go. Chunks `order[from … to)` of the plan come from it. */
export interface PlannedRange {
  /** Number of the pack in `LocatedChunks`. */
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

export interface RangePlan {
  /** Chunk numbers in the order of their places. Chunks without a usable place are left out. */
  readonly order: Uint32Array;
  readonly ranges: readonly PlannedRange[];
}

export interface RangeLimits {
  /** Frames further apart than this are read by calls of their own. */
  readonly gapBytes: number;
  /** A range ends before it grows beyond this, save that a single frame is never split. */
  readonly rangeBytes: number;
}

/** Reading a gap costs less than another call up to here; calls of this size keep two workers evenly busy. */
export const RANGE_LIMITS: RangeLimits = { gapBytes: 64 * 1024, rangeBytes: 4 * 2 ** 20 };

/** Sorts chunks by (pack, frame, position) and joins neighbouring frames to ranges. */
export function planRanges(located: LocatedChunks, limits: RangeLimits = RANGE_LIMITS): RangePlan {
  const order = sortedByPlace(located);
  const ranges: PlannedRange[] = [];
  let open: { pack: number; offset: number; end: number; from: number } | undefined;
  let frame = -1;
  const close = (to: number): void => {
    if (open)
      ranges.push({ pack: open.pack, offset: open.offset, length: open.end - open.offset, from: open.from, to });
  };
  for (let i = 0; i < order.length; i++) {
    const chunk = order[i]!;
    const pack = located.pack[chunk]!;
    if (open?.pack === pack && located.frame[chunk] === frame) continue;
    frame = located.frame[chunk]!;
    const { offsets, sealedLengths } = located.packs[pack]!.footer;
    const start = offsets[frame]!;
    const end = start + sealedLengths[frame]!;
    const joins = open?.pack === pack && start - open.end <= limits.gapBytes && end - open.offset <= limits.rangeBytes;
    if (open && joins) open.end = end;
    else {
      close(i);
      open = { pack, offset: start, end, from: i };
    }
  }
  close(order.length);
  return { order, ranges };
}

/** Whether a chunk's frame is one that its pack has. */
function hasPlace(located: LocatedChunks, chunk: number): boolean {
  const pack = located.packs[located.pack[chunk]!];
  return pack !== undefined && located.frame[chunk]! < pack.footer.frameCount;
}

const FRAMES = 2 ** 20;
const POSITIONS = 2 ** 16;

function sortedByPlace(located: LocatedChunks): Uint32Array {
  const count = located.pack.length;
  const keys = new Float64Array(count);
  const order = new Uint32Array(count);
  let used = 0;
  let sorted = true;
  let last = -1;
  for (let chunk = 0; chunk < count; chunk++) {
    if (!hasPlace(located, chunk)) continue;
    // Below 2^53 for any pack number below 2^17, more than a window can name.
    const key = (located.pack[chunk]! * FRAMES + located.frame[chunk]!) * POSITIONS + located.position[chunk]!;
    keys[chunk] = key;
    sorted &&= key >= last;
    last = key;
    order[used++] = chunk;
  }
  const places = order.subarray(0, used);
  return sorted ? places : places.sort((a, b) => keys[a]! - keys[b]! || a - b);
}
