import type { ZstdProvider } from './zstd-provider.js';

/** What is used of `zstd-napi/binding.js`. Written out here, since the optional package may be absent when this is compiled. */
interface Binding {
  CCtx: new () => {
    setParameter(parameter: number, value: number): void;
    compress2(into: Uint8Array, plain: Uint8Array): number;
  };
  DCtx: new () => { decompress(into: Uint8Array, packed: Uint8Array): number };
}

/** `ZSTD_cParameter` of zstd.h: part of its stable interface. */
const LEVEL = 100;
const HASH_LOG = 102;
const CHAIN_LOG = 103;
const CONTENT_SIZE = 200;
const CHECKSUM = 201;
const DICTIONARY_ID = 202;

/**
 * Level 3 would take tables of 768 KiB, which share a core's cache with the data. With 256 KiB it is a tenth faster and
 * stores 0.6 % more of a source tree: docs/decisions/0002.
 */
const TUNED_LEVEL = 3;
const TABLE_LOG = 15;

/** libzstd through its context objects: no allocation per call. Rejects where the package is absent or was built for another system. */
export async function loadNativeZstd(): Promise<ZstdProvider> {
  const specifier: string = 'zstd-napi/binding.js';
  const { default: binding } = (await import(specifier)) as { default: Binding };
  return {
    name: 'native',
    encoder(level) {
      const context = new binding.CCtx();
      context.setParameter(LEVEL, level);
      if (level === TUNED_LEVEL) for (const table of [HASH_LOG, CHAIN_LOG]) context.setParameter(table, TABLE_LOG);
      context.setParameter(CONTENT_SIZE, 1);
      context.setParameter(CHECKSUM, 0);
      context.setParameter(DICTIONARY_ID, 0);
      return (plain, into) => {
        try {
          return context.compress2(into, plain);
        } catch (error) {
          // The binding hands on libzstd's text alone; this one means that the data does not shrink enough.
          if (error instanceof Error && error.message === 'Destination buffer is too small') return 0;
          throw error;
        }
      };
    },
    decoder() {
      const context = new binding.DCtx();
      return (packed, into) => context.decompress(into, packed);
    },
  };
}
