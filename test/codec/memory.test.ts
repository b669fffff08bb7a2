import t from 'tap';
import { compressorOn } from '../../src/codec/compressor.js';
import { decompressorOn } from '../../src/codec/decompressor.js';
import { CODEC_IDS } from '../../src/codec/index.js';
import { zstdProviders } from './providers.js';
import { noise } from './samples.js';

const FRAME_BYTES = 262_144;
const CALLS = 2000;
const WARM_UP_CALLS = 400;
const GROWTH_BYTES_MAX = 64 << 20;
/** A leak grows in every stretch; what the collector and the allocator hold on to is reached once. */
const STRETCHES = 3;

/** Quick to compress, and its packed form, kept 2,000 times, would pass the bound. */
const plain = new Uint8Array(FRAME_BYTES);
plain.set(noise(48 * 1024, 'memory'));

function growthOf(call: () => void): number {
  const before = process.memoryUsage.rss();
  for (let i = 0; i < CALLS; i++) call();
  return process.memoryUsage.rss() - before;
}

for (const provider of await zstdProviders()) {
  for (const codec of ['zstd', 'lz4', 'gzip'] as const) {
    if (codec !== 'zstd' && provider.name !== 'wasm') continue;
    t.test(
      `${codec} (${provider.name}) keeps no memory over 2,000 calls without a turn of the event loop`,
      async (t) => {
        const compressor = compressorOn(provider, codec, 1);
        const decompressor = decompressorOn(provider);
        const packed = new Uint8Array(FRAME_BYTES);
        const out = new Uint8Array(FRAME_BYTES);
        const call = (): void => {
          const length = compressor.compress(plain, packed);
          decompressor.decompress(CODEC_IDS[codec], packed.subarray(0, length), out, FRAME_BYTES);
        };
        for (let i = 0; i < WARM_UP_CALLS; i++) call();
        let growth = growthOf(call);
        for (let i = 1; i < STRETCHES && growth >= GROWTH_BYTES_MAX; i++) growth = growthOf(call);
        t.ok(growth < GROWTH_BYTES_MAX, `grew by ${growth} bytes`);
        t.equal(Buffer.compare(out, plain), 0);
      },
    );
  }
}
