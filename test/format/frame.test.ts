import fc from 'fast-check';
import t from 'tap';
import { toHex } from '../../src/base/index.js';
import {
  CHUNK_KINDS,
  decodeFrameHeader,
  FRAME_CHUNKS_MAX,
  FRAME_PLAIN_BYTES_MAX,
  frameHeaderBytes,
  writeFrameHeader,
  writeVarint,
} from '../../src/format/index.js';
import { codeOf } from './samples.js';

const { data } = CHUNK_KINDS;

function frameOf(lengths: ArrayLike<number>, codec: number, payload: number): Uint8Array {
  const frame = new Uint8Array(frameHeaderBytes(lengths) + payload);
  writeFrameHeader(data, codec, lengths, frame, 0);
  return frame;
}

/** A frame header with whatever it claims. */
function claiming(kind: number, codec: number, numbers: readonly number[], payload: number): Uint8Array {
  const frame = new Uint8Array(2 + numbers.length * 8 + payload);
  frame[0] = kind;
  frame[1] = codec;
  let at = 2;
  for (const number of numbers) at = writeVarint(frame, at, number);
  return frame.subarray(0, at + payload);
}

t.test('writeFrameHeader() writes the bytes of the format', (t) => {
  const frame = new Uint8Array(10).fill(0xee);
  const end = writeFrameHeader(CHUNK_KINDS.list, 1, [5, 200], frame, 1);
  t.equal(end, 1 + frameHeaderBytes([5, 200]));
  t.equal(toHex(frame), 'ee0301cd010205c801ee');
  t.end();
});

t.test('decodeFrameHeader() gives back what was written', (t) => {
  const seed = 5;
  t.comment(`seed ${seed}`);
  const lengths = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 60 });
  const property = fc.property(lengths, fc.constantFrom(1, 2, 3), (lengths, codec) => {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const header = decodeFrameHeader(frameOf(lengths, codec, Math.ceil(total / 2)));
    return (
      header.plainLength === total &&
      header.codec === codec &&
      header.payloadOffset === frameHeaderBytes(lengths) &&
      header.lengths.join() === lengths.join()
    );
  });
  fc.assert(property, { seed, numRuns: 1000 });
  t.pass('1,000 frames');
  t.end();
});

t.test('a frame may be as large as the limits say, and no larger', (t) => {
  const most = decodeFrameHeader(frameOf([FRAME_PLAIN_BYTES_MAX], 0, FRAME_PLAIN_BYTES_MAX));
  t.equal(most.plainLength, FRAME_PLAIN_BYTES_MAX);
  const many = new Uint32Array(FRAME_CHUNKS_MAX).fill(1);
  t.equal(decodeFrameHeader(frameOf(many, 1, 9)).lengths.length, FRAME_CHUNKS_MAX);
  t.throws(() => frameHeaderBytes([FRAME_PLAIN_BYTES_MAX, 1]), TypeError);
  t.throws(() => frameHeaderBytes(new Uint32Array(FRAME_CHUNKS_MAX + 1).fill(1)), TypeError);
  t.throws(() => frameHeaderBytes([]), TypeError);
  t.throws(() => frameHeaderBytes([3, 0]), TypeError);
  t.throws(() => writeFrameHeader(data, 0, [5], new Uint8Array(4), 0), TypeError);
  t.end();
});

t.test('decodeFrameHeader() refuses claims beyond the limits or beyond what is there', (t) => {
  const cases: [string, Uint8Array][] = [
    ['kind 0', claiming(0, 0, [5, 1, 5], 5)],
    ['kind 4', claiming(4, 0, [5, 1, 5], 5)],
    ['plain length too large', claiming(1, 1, [FRAME_PLAIN_BYTES_MAX + 1, 1, FRAME_PLAIN_BYTES_MAX + 1], 5)],
    ['plain length of a terabyte', claiming(1, 1, [2 ** 40, 1, 2 ** 40], 5)],
    ['no plain bytes', claiming(1, 1, [0, 0], 5)],
    ['no chunks', claiming(1, 1, [5, 0], 5)],
    ['more chunks than bytes', claiming(1, 1, [5, 6, 1, 1, 1, 1, 1, 0], 5)],
    ['too many chunks', claiming(1, 1, [FRAME_PLAIN_BYTES_MAX, FRAME_CHUNKS_MAX + 1], 5)],
    ['more chunks than the frame has bytes for', claiming(1, 1, [60_000, 60_000], 5)],
    ['an empty chunk', claiming(1, 1, [5, 2, 5, 0], 5)],
    ['chunks that fall short', claiming(1, 1, [5, 2, 1, 3], 5)],
    ['chunks that go beyond', claiming(1, 1, [5, 2, 3, 3], 5)],
    ['no payload', claiming(1, 1, [5, 1, 5], 0)],
    ['a payload longer than what it packs', claiming(1, 1, [5, 1, 5], 6)],
    ['a raw payload that is short', claiming(1, 0, [5, 1, 5], 4)],
  ];
  for (const [name, frame] of cases)
    t.equal(
      codeOf(() => decodeFrameHeader(frame)),
      'DATA_CORRUPT',
      name,
    );
  t.equal(
    codeOf(() => decodeFrameHeader(claiming(1, 0, [5, 1, 5], 5))),
    undefined,
  );
  t.end();
});
