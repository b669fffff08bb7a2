import fc from 'fast-check';
import t from 'tap';
import { planRanges } from '../../src/restore/plan-ranges.js';
import type { LocatedChunks, OpenPack } from '../../src/store/index.js';

/** Packs whose frames have these sealed lengths, and chunks at these places (pack, frame, position). */
function located(
  packs: readonly (readonly number[])[],
  places: readonly (readonly [number, number, number])[],
): LocatedChunks {
  return {
    packs: packs.map((lengths) => {
      const offsets = new Float64Array(lengths.length);
      let end = 80;
      for (const [frame, length] of lengths.entries()) {
        offsets[frame] = end;
        end += length;
      }
      const footer = { frameCount: lengths.length, offsets, sealedLengths: Uint32Array.from(lengths) };
      return { footer } as unknown as OpenPack;
    }),
    pack: Int32Array.from(places, ([pack]) => pack),
    frame: Uint32Array.from(places, ([, frame]) => frame),
    position: Uint32Array.from(places, ([, , position]) => position),
    unusable: new Map(),
  };
}

t.test('neighbouring frames are joined, distant ones and other packs are not', async (test) => {
  const chunks = located(
    [[100, 100, 500, 100], [100]],
    [
      [1, 0, 0],
      [0, 3, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 0],
    ],
  );
  const { order, ranges } = planRanges(chunks, { gapBytes: 400, rangeBytes: 1000 });
  test.same([...order], [4, 3, 2, 1, 0]);
  test.same(ranges, [
    { pack: 0, offset: 80, length: 200, from: 0, to: 3 },
    { pack: 0, offset: 780, length: 100, from: 3, to: 4 },
    { pack: 1, offset: 80, length: 100, from: 4, to: 5 },
  ]);
});

t.test('a range ends before it grows too long; one frame is never split', async (test) => {
  const chunks = located(
    [[600, 600, 5000]],
    [
      [0, 0, 0],
      [0, 1, 0],
      [0, 2, 0],
    ],
  );
  const { ranges } = planRanges(chunks, { gapBytes: 0, rangeBytes: 1000 });
  test.same(
    ranges.map(({ length }) => length),
    [600, 600, 5000],
  );
});

t.test('chunks without a place are left out', async (test) => {
  const chunks = located(
    [[100]],
    [
      [-1, 0, 0],
      [0, 0, 0],
      [0, 9, 0],
      [5, 0, 0],
    ],
  );
  test.same([...planRanges(chunks).order], [1]);
});

t.test('every chunk is in exactly one range, and inside it', async (test) => {
  const packs = fc.array(fc.array(fc.integer({ min: 22, max: 300_000 }), { minLength: 1, maxLength: 40 }), {
    minLength: 1,
    maxLength: 4,
  });
  const seed = Math.floor(performance.timeOrigin) % 2 ** 31;
  test.comment(`seed ${seed}`);
  fc.assert(
    fc.property(packs, fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(100)), { maxLength: 200 }), (lengths, wishes) => {
      const places = wishes.map(([pack, frame, position]) => {
        const number = pack % lengths.length;
        return [number, frame % lengths[number]!.length, position] as const;
      });
      const chunks = located(lengths, places);
      const limits = { gapBytes: 1000, rangeBytes: 500_000 };
      const { order, ranges } = planRanges(chunks, limits);
      const seen = new Set<number>();
      for (const range of ranges) {
        for (const chunk of order.subarray(range.from, range.to)) {
          seen.add(chunk);
          const { footer } = chunks.packs[range.pack]!;
          const start = footer.offsets[chunks.frame[chunk]!]!;
          const end = start + footer.sealedLengths[chunks.frame[chunk]!]!;
          if (chunks.pack[chunk] !== range.pack || start < range.offset || end > range.offset + range.length)
            return false;
        }
      }
      return seen.size === places.length && order.length === places.length;
    }),
    { seed },
  );
});
