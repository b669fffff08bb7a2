import { loadNativeZstd } from '../../src/codec/zstd-native.js';
import { findNodeZstd } from '../../src/codec/zstd-node.js';
import type { ZstdProvider } from '../../src/codec/zstd-provider.js';
import { loadWasmZstd } from '../../src/codec/zstd-wasm.js';

/** Every zstd at hand on this machine; the WebAssembly one always is. */
export async function zstdProviders(): Promise<ZstdProvider[]> {
  const native = await loadNativeZstd().catch(() => undefined);
  const candidates = [native, findNodeZstd(), await loadWasmZstd()];
  return candidates.filter((provider) => provider !== undefined);
}
