import t from 'tap';
import { concatBytes, fromHex, toHex } from '../../src/base/index.js';
import {
  CHUNK_KINDS,
  type ChunkKind,
  decodeFooter,
  decodeTrailer,
  encodeTrailer,
  FooterBuilder,
} from '../../src/format/index.js';
import { codeOf, fixedBytes } from './samples.js';

const { data, node } = CHUNK_KINDS;
const IDS = fixedBytes(32 * 5, 'ids');

function sampleFooter(): FooterBuilder {
  const builder = new FooterBuilder();
  builder.addFrame(data, 1000, IDS.subarray(0, 96));
  builder.addFrame(node, 300, IDS.subarray(96, 160));
  return builder;
}

t.test('FooterBuilder writes the bytes of the format', (t) => {
  const builder = sampleFooter();
  const bytes = builder.encode();
  t.equal(toHex(bytes), `02e8070103${toHex(IDS.subarray(0, 96))}ac020202${toHex(IDS.subarray(96))}`);
  t.equal(builder.plainBytes, bytes.length);
  t.equal(builder.end, 1380);
  t.equal(builder.frameCount, 2);
  t.end();
});

t.test('decodeFooter() gives places, kinds and ids', (t) => {
  const footer = decodeFooter(sampleFooter().encode(), 'a test', { frameCount: 2, footerOffset: 1380 });
  t.match(footer, { frameCount: 2, chunkCount: 5, end: 1380 });
  t.same([...footer.offsets], [80, 1080]);
  t.same([...footer.sealedLengths], [1000, 300]);
  t.same([...footer.kinds], [data, node]);
  t.same([...footer.firstChunks], [0, 3, 5]);
  t.equal(toHex(footer.ids), toHex(IDS));
  t.end();
});

t.test('a footer of thousands of frames survives its builder growing', (t) => {
  const builder = new FooterBuilder();
  for (let frame = 0; frame < 3000; frame++) builder.addFrame(data, 100 + frame, fixedBytes(32, `${frame}`));
  const footer = decodeFooter(builder.encode());
  t.equal(footer.frameCount, 3000);
  t.equal(footer.end, builder.end);
  t.equal(toHex(footer.ids.subarray(2999 * 32)), toHex(fixedBytes(32, '2999')));
  t.equal(footer.sealedLengths[1234], 1334);
  t.end();
});

t.test('an empty footer is one byte', (t) => {
  t.equal(toHex(new FooterBuilder().encode()), '00');
  t.match(decodeFooter(Uint8Array.of(0)), { frameCount: 0, chunkCount: 0, end: 80 });
  t.end();
});

t.test('FooterBuilder refuses what no reader would accept', (t) => {
  const builder = new FooterBuilder();
  t.throws(() => builder.addFrame(data, 1000, new Uint8Array(0)), TypeError);
  t.throws(() => builder.addFrame(data, 1000, new Uint8Array(33)), TypeError);
  t.throws(() => builder.addFrame(4 as ChunkKind, 1000, new Uint8Array(32)), TypeError);
  t.throws(() => builder.addFrame(data, 21, new Uint8Array(32)), TypeError);
  t.throws(() => builder.addFrame(data, 2 ** 24, new Uint8Array(32)), TypeError);
  t.equal(builder.frameCount, 0);
  t.end();
});

t.test('decodeFooter() refuses what disagrees with the trailer or with itself', (t) => {
  const bytes = sampleFooter().encode();
  const refused = (bounds: { frameCount: number; footerOffset: number }) =>
    codeOf(() => decodeFooter(bytes, 'x', bounds));
  t.equal(refused({ frameCount: 3, footerOffset: 1380 }), 'DATA_CORRUPT');
  t.equal(refused({ frameCount: 2, footerOffset: 1379 }), 'DATA_CORRUPT');
  t.equal(refused({ frameCount: 2, footerOffset: 5000 }), undefined);
  t.equal(
    codeOf(() => decodeFooter(concatBytes([bytes, Uint8Array.of(0)]))),
    'DATA_CORRUPT',
  );
  t.equal(
    codeOf(() => decodeFooter(fromHex('ffffffffffffff0f'))),
    'DATA_CORRUPT',
  );
  t.end();
});

t.test('a trailer has 24 bytes that come back', (t) => {
  const trailer = { footerOffset: 2 ** 40, footerSealedLength: 1000, frameCount: 77 };
  const bytes = encodeTrailer(trailer);
  t.equal(toHex(bytes), '0000010000000000000003e80000004d0000000000000000');
  t.same(decodeTrailer(bytes, 2 ** 40 + 1040), trailer);
  t.end();
});

t.test('decodeTrailer() refuses a footer that does not fill the space before the trailer', (t) => {
  const bytes = encodeTrailer({ footerOffset: 80, footerSealedLength: 17, frameCount: 0 });
  t.equal(
    codeOf(() => decodeTrailer(bytes, 137)),
    undefined,
  );
  t.equal(
    codeOf(() => decodeTrailer(bytes, 136)),
    'DATA_CORRUPT',
  );
  t.equal(
    codeOf(() => decodeTrailer(bytes, 138)),
    'DATA_CORRUPT',
  );
  const early = encodeTrailer({ footerOffset: 79, footerSealedLength: 17, frameCount: 0 });
  t.equal(
    codeOf(() => decodeTrailer(early, 136)),
    'DATA_CORRUPT',
  );
  const empty = encodeTrailer({ footerOffset: 80, footerSealedLength: 16, frameCount: 0 });
  t.equal(
    codeOf(() => decodeTrailer(empty, 136)),
    'DATA_CORRUPT',
  );
  t.end();
});
