import { BitacoraError } from '../base/index.js';
import { problemOf } from './corrupt.js';
import { forcedZstd } from './environment.js';
import { loadNativeZstd } from './zstd-native.js';
import { findNodeZstd } from './zstd-node.js';
import type { ZstdProvider } from './zstd-provider.js';
import { loadWasmZstd } from './zstd-wasm.js';

let loading: Promise<ZstdProvider> | undefined;
let loaded: ZstdProvider | undefined;

/**
 * Loads this thread's codecs; to be awaited once before a compressor or decompressor is made. Repeated calls answer the same.
 * Takes the first zstd at hand: libzstd through an optional package, Node's own, WebAssembly.
 *
 * @throws CONFIG when `BITACORA_ZSTD` forces a provider that is unknown or absent
 */
export async function loadCodecs(): Promise<{ zstd: 'native' | 'node' | 'wasm' }> {
  loading ??= chooseZstd(forcedZstd());
  loaded = await loading;
  return { zstd: loaded.name };
}

/** The provider that `loadCodecs` chose. */
export function loadedZstd(): ZstdProvider {
  if (!loaded) throw new TypeError('loadCodecs() must be awaited before a compressor or decompressor is made.');
  return loaded;
}

async function chooseZstd(forced: string | undefined): Promise<ZstdProvider> {
  if (forced !== undefined) return forcedProvider(forced);
  try {
    return await loadNativeZstd();
  } catch {
    // Absent or built for another system: the next one is slower, not different.
    return findNodeZstd() ?? (await loadWasmZstd());
  }
}

async function forcedProvider(name: string): Promise<ZstdProvider> {
  const provider = await providerNamed(name).catch((error: unknown) => {
    throw new BitacoraError('CONFIG', `Cannot load the zstd provider "${name}": ${problemOf(error)}`, { cause: error });
  });
  if (!provider) {
    const message = `BITACORA_ZSTD is "${name}", which is not at hand here; expected native, node or wasm.`;
    throw new BitacoraError('CONFIG', message);
  }
  return provider;
}

async function providerNamed(name: string): Promise<ZstdProvider | undefined> {
  if (name === 'native') return loadNativeZstd();
  if (name === 'node') return findNodeZstd();
  return name === 'wasm' ? loadWasmZstd() : undefined;
}
