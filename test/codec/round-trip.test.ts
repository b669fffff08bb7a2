import fc from 'fast-check';
import t from 'tap';
import { compressorOn } from '../../src/codec/compressor.js';
import { decompressorOn } from '../../src/codec/decompressor.js';
import { CODEC_IDS, type CodecName } from '../../src/codec/index.js';
import { zstdProviders } from './providers.js';
import { guarded, integers, noise, prose } from './samples.js';

const CODECS: readonly CodecName[] = ['zstd', 'lz4', 'gzip'];
const seed = Date.now() & 0x7fffffff;
const providers = await zstdProviders();
t.comment(`seed ${seed}; zstd by ${providers.map((provider) => provider.name).join(', ')}`);

/** Runs of repeated and random pieces: what codecs treat differently. */
const pieces = fc.array(
  fc.record({ unit: fc.uint8Array({ minLength: 1, maxLength: 40 }), times: fc.integer({ min: 1, max: 400 }) }),
  { maxLength: 12 },
);

function joined(parts: { unit: Uint8Array; times: number }[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(({ unit, times }) => Array.from({ length: times }, () => [...unit]).flat()));
}

for (const writer of providers) {
  for (const codec of CODECS) {
    // Only zstd differs between providers.
    if (codec !== 'zstd' && writer !== providers[0]) continue;
    t.test(`${codec} (${writer.name}) returns every input from every provider`, async (t) => {
      const compressor = compressorOn(writer, codec);
      const readers = providers.map((provider) => ({ name: provider.name, decompressor: decompressorOn(provider) }));
      fc.assert(
        fc.property(pieces, (parts) => {
          const plain = joined(parts);
          const packed = guarded(plain.length);
          const length = compressor.compress(plain, packed.inner);
          if (!packed.intact() || length > Math.max(0, plain.length - 1)) return false;
          if (length === 0) return true;
          return readers.every(({ decompressor }) => {
            const out = guarded(plain.length);
            decompressor.decompress(CODEC_IDS[codec], packed.inner.subarray(0, length), out.inner, plain.length);
            return out.intact() && Buffer.compare(out.inner, plain) === 0;
          });
        }),
        { seed, numRuns: 150 },
      );
      t.ok(readers.length > 0);
    });
  }
}

t.test('each codec shrinks text and integers, at its lowest and its highest level', async (t) => {
  const wasm = providers.at(-1)!;
  for (const plain of [prose(300_000, 'text'), integers(262_144)]) {
    for (const [codec, levels] of [
      ['zstd', [1, 3, 19]],
      ['gzip', [1, 9]],
      ['lz4', [1]],
    ] as const) {
      for (const level of levels) {
        const compressor = compressorOn(providers[0]!, codec, level);
        const into = new Uint8Array(plain.length);
        const length = compressor.compress(plain, into);
        t.ok(length > 0 && length < plain.length * 0.8, `${codec} ${level}: ${plain.length} to ${length}`);
        const out = new Uint8Array(plain.length);
        decompressorOn(wasm).decompress(CODEC_IDS[codec], into.subarray(0, length), out, plain.length);
        t.equal(Buffer.compare(out, plain), 0);
      }
    }
  }
});

t.test('compress() answers 0 for what does not shrink and for what does not fit', async (t) => {
  const random = noise(100_000, 'incompressible');
  const text = prose(100_000, 'text');
  for (const provider of providers) {
    for (const codec of [...CODECS, 'none'] as const) {
      const compressor = compressorOn(provider, codec);
      const into = guarded(100_000);
      t.equal(compressor.compress(random, into.inner), 0, `${codec} ${provider.name}: noise`);
      t.equal(compressor.compress(text, into.inner.subarray(0, 100)), 0, `${codec} ${provider.name}: no room`);
      t.equal(compressor.compress(new Uint8Array(0), into.inner), 0);
      t.equal(compressor.compress(new Uint8Array(1), into.inner), 0);
      t.ok(into.intact());
    }
  }
});

t.test('a compressor refuses levels out of range and calls after close()', async (t) => {
  const provider = providers[0]!;
  for (const level of [0, 20, 2.5, Number.NaN]) t.throws(() => compressorOn(provider, 'zstd', level), TypeError);
  t.throws(() => compressorOn(provider, 'gzip', 10), TypeError);
  const compressor = compressorOn(provider, 'zstd');
  compressor.close();
  compressor.close();
  t.throws(() => compressor.compress(new Uint8Array(10), new Uint8Array(10)), TypeError);
  const decompressor = decompressorOn(provider);
  decompressor.close();
  t.throws(() => decompressor.decompress(0, new Uint8Array(1), new Uint8Array(1), 1), TypeError);
});
