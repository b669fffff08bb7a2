import { gzipSync } from 'node:zlib';
import t from 'tap';
import { isBitacoraError } from '../../src/base/index.js';
import { compressorOn } from '../../src/codec/compressor.js';
import { decompressorOn } from '../../src/codec/decompressor.js';
import { CODEC_IDS, type CodecName } from '../../src/codec/index.js';
import { zstdProviders } from './providers.js';
import { guarded, noise, prose } from './samples.js';

const CODECS: readonly CodecName[] = ['zstd', 'lz4', 'gzip', 'none'];
const providers = await zstdProviders();
const LENGTH = 3000;
const plain = prose(LENGTH, 'damage');

function pack(codec: CodecName): Uint8Array {
  const into = new Uint8Array(LENGTH);
  const length = compressorOn(providers[0]!, codec).compress(plain, into);
  return codec === 'none' ? plain : into.slice(0, length);
}

type Outcome = 'same' | 'other bytes' | 'DATA_CORRUPT';

/** Decompresses between guards and checks them; anything but bytes or DATA_CORRUPT is thrown on. */
function outcome(provider: (typeof providers)[number], codec: CodecName, packed: Uint8Array, length = LENGTH): Outcome {
  const out = guarded(LENGTH + 500);
  const refused = refuses(() => decompressorOn(provider).decompress(CODEC_IDS[codec], packed, out.inner, length));
  if (!out.intact() || !out.inner.subarray(length).every((byte) => byte === 0xa5)) {
    throw new Error(`${codec} wrote past the plain length`);
  }
  if (refused) return 'DATA_CORRUPT';
  return Buffer.compare(out.inner.subarray(0, length), plain.subarray(0, length)) === 0 ? 'same' : 'other bytes';
}

function refuses(call: () => void): boolean {
  try {
    call();
    return false;
  } catch (error) {
    if (!isBitacoraError(error, 'DATA_CORRUPT')) throw error;
    return true;
  }
}

for (const provider of providers) {
  for (const codec of CODECS) {
    t.test(`decompress() of ${codec} (${provider.name}) refuses what is not exactly the frame`, async (t) => {
      const packed = pack(codec);
      t.equal(outcome(provider, codec, packed), 'same');
      for (const length of [0, 1, LENGTH - 1, LENGTH + 1, LENGTH + 500]) {
        t.equal(outcome(provider, codec, packed, length), 'DATA_CORRUPT', `wanted ${length} bytes`);
      }
      let cut = 0;
      for (let length = 0; length < packed.length; length++) {
        if (outcome(provider, codec, packed.subarray(0, length)) === 'DATA_CORRUPT') cut++;
      }
      t.equal(cut, packed.length, 'every truncation');
      for (const tail of [new Uint8Array(1), new Uint8Array(40), noise(40, 'tail'), packed]) {
        t.equal(outcome(provider, codec, Buffer.concat([packed, tail])), 'DATA_CORRUPT', `${tail.length} bytes behind`);
      }
      t.equal(outcome(provider, codec, noise(400, 'foreign')), 'DATA_CORRUPT');
    });
  }

  for (const codec of ['zstd', 'lz4', 'gzip'] as const) {
    t.test(`decompress() of ${codec} (${provider.name}) survives every bit flip within its bounds`, async (t) => {
      const packed = pack(codec);
      const seen: Record<Outcome, number> = { same: 0, 'other bytes': 0, DATA_CORRUPT: 0 };
      for (let bit = 0; bit < packed.length * 8; bit++) {
        const flipped = packed.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        seen[outcome(provider, codec, flipped)]++;
      }
      t.equal(seen.same + seen['other bytes'] + seen.DATA_CORRUPT, packed.length * 8);
      t.ok(seen.DATA_CORRUPT > 0);
      // gzip has a checksum; the other two rely on the seal around the frame.
      if (codec === 'gzip') t.equal(seen['other bytes'], 0);
    });
  }

  t.test(`bombs (${provider.name}) are refused without memory for what they claim`, async (t) => {
    const before = process.memoryUsage().rss;
    const claims = [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
    for (const claim of claims) {
      // A frame header that declares `claim` bytes, then one run-length block.
      const frame = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 0x03, 0, 0, 7]);
      new DataView(frame.buffer).setUint32(5, claim, true);
      t.equal(outcome(provider, 'zstd', frame), 'DATA_CORRUPT', `zstd claims ${claim}`);
    }
    // Declares what is wanted, yields 128 KiB a block.
    const blocks = Array.from({ length: 2000 }, (_, i) => [i === 1999 ? 0x03 : 0x02, 0, 0x10, 7]).flat();
    const liar = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, LENGTH & 255, LENGTH >> 8, 0, 0, ...blocks]);
    t.equal(outcome(provider, 'zstd', liar), 'DATA_CORRUPT', 'zstd yields more than it declares');
    const wide = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x80, 0xff, LENGTH & 255, LENGTH >> 8, 0, 0, 0x03, 0, 0, 7]);
    t.equal(outcome(provider, 'zstd', wide), 'DATA_CORRUPT', 'zstd asks for a huge window');
    t.equal(outcome(provider, 'gzip', gzipSync(new Uint8Array(64 << 20))), 'DATA_CORRUPT', 'gzip yields 64 MiB');
    const run = Uint8Array.from([0x1f, 7, 1, 0, ...new Array<number>(200_000).fill(255), 0, 0x50, 1, 2, 3, 4, 5]);
    t.equal(outcome(provider, 'lz4', run), 'DATA_CORRUPT', 'lz4 yields 51 MB');
    // gzipSync above made 64 MiB of input; a decoder that believed a claim would take gigabytes.
    t.ok(process.memoryUsage().rss - before < 256 << 20);
  });
}

t.test('decompress() takes empty data, names unknown codecs, and asserts room', async (t) => {
  const decompressor = decompressorOn(providers[0]!);
  const out = guarded(0);
  decompressor.decompress(CODEC_IDS.none, new Uint8Array(0), out.inner, 0);
  t.ok(out.intact());
  for (const codec of ['zstd', 'lz4', 'gzip'] as const) {
    t.equal(outcome(providers[0]!, codec, new Uint8Array(0), 0), 'DATA_CORRUPT', `${codec} of no bytes`);
  }
  const room = new Uint8Array(4);
  t.throws(() => decompressor.decompress(9, new Uint8Array(4), room, 4), { code: 'FORMAT_NEWER' });
  t.throws(() => decompressor.decompress(0, new Uint8Array(5), room, 5), TypeError);
  t.throws(() => decompressor.decompress(0, new Uint8Array(5), room, -1), TypeError);
});
