import { compress, decompress, init } from '@bokuweb/zstd-wasm';
import { copyOut, type ZstdProvider } from './zstd-provider.js';

/**
 * zstd in WebAssembly: from npm alone, without compiler or download, so that a vault is readable everywhere. Its memory is its own, one
 * per thread; the decoder allocates what the frame declares, which is checked before.
 */
export async function loadWasmZstd(): Promise<ZstdProvider> {
  await init();
  return {
    name: 'wasm',
    encoder: (level) => (plain, into) => copyOut(compress(plain, level), into),
    decoder: () => (packed, into) => copyOut(decompress(packed), into),
  };
}
