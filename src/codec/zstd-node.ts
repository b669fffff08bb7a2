import * as zlib from 'node:zlib';
import { copyOut, type ZstdProvider } from './zstd-provider.js';

interface ZstdOptions {
  chunkSize: number;
  maxOutputLength?: number;
  pledgedSrcSize?: number;
  params: Record<number, number>;
}

/** What Node has from 22.15 on; the type definitions kept here are of Node 20. */
interface NodeZstd {
  zstdCompressSync(plain: Uint8Array, options: ZstdOptions): Uint8Array;
  zstdDecompressSync(packed: Uint8Array, options: ZstdOptions): Uint8Array;
  constants: Record<
    'ZSTD_c_compressionLevel' | 'ZSTD_c_contentSizeFlag' | 'ZSTD_c_checksumFlag' | 'ZSTD_d_windowLogMax',
    number
  >;
}

const WINDOW_LOG_MAX = 23;
const CHUNK_BYTES_MIN = 64;

/** Node's own zstd, or undefined where Node is older. */
export function findNodeZstd(): ZstdProvider | undefined {
  if (!('zstdCompressSync' in zlib) || !('zstdDecompressSync' in zlib)) return undefined;
  const { zstdCompressSync, zstdDecompressSync, constants } = zlib as unknown as NodeZstd;
  return {
    name: 'node',
    encoder: (level) => (plain, into) =>
      copyOut(
        zstdCompressSync(plain, {
          // One output block as large as the worst case: no joining of pieces.
          chunkSize: CHUNK_BYTES_MIN + plain.length + (plain.length >> 7),
          pledgedSrcSize: plain.length,
          params: {
            [constants.ZSTD_c_compressionLevel]: level,
            [constants.ZSTD_c_contentSizeFlag]: 1,
            [constants.ZSTD_c_checksumFlag]: 0,
          },
        }),
        into,
      ),
    decoder: () => (packed, into) =>
      copyOut(
        zstdDecompressSync(packed, {
          chunkSize: Math.max(CHUNK_BYTES_MIN, into.length),
          maxOutputLength: Math.max(1, into.length),
          params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
        }),
        into,
      ),
  };
}
