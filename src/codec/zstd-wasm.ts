import { Zstd } from '@hpcc-js/wasm-zstd';
import { copyOut, type ZstdProvider } from './zstd-provider.js';

/** zstd in WebAssembly: from npm alone, without compiler or download, so that a vault is readable everywhere. */
export async function loadWasmZstd(): Promise<ZstdProvider> {
  const zstd = await Zstd.load();
  return {
    name: 'wasm',
    encoder: (level) => (plain, into) => copyOut(zstd.compress(plain, level), into),
    decoder: () => (packed, into) => copyOut(zstd.decompress(packed), into),
  };
}
