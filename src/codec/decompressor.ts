import { BitacoraError } from '../base/index.js';
import { corruptPacked, problemOf } from './corrupt.js';
import { decodeGzip } from './gzip.js';
import { loadedZstd } from './load.js';
import { decodeLz4 } from './lz4-decode.js';
import { codecName } from './names.js';
import { checkZstdFrame } from './zstd-frame.js';
import type { ZstdDecoder, ZstdProvider } from './zstd-provider.js';

export interface Decompressor {
  /**
   * Writes exactly `plainLength` bytes to the start of `into`; never past them, and never allocates by what `packed` claims. Both
   * buffers stay the caller's. After an error the first `plainLength` bytes of `into` hold anything.
   *
   * @throws DATA_CORRUPT when `packed` is not exactly one intact frame of `plainLength` bytes
   * @throws FORMAT_NEWER for a codec number that this version does not know
   * @throws TypeError when `into` is shorter than `plainLength`
   */
  decompress(codecId: number, packed: Uint8Array, into: Uint8Array, plainLength: number): void;
  /** Lets go of the context; idempotent. Decompressing afterwards is a programmer's mistake. */
  close(): void;
}

/** Makes a decompressor for all codecs with its own reused context. For one thread, after `loadCodecs` has settled. */
export function createDecompressor(): Decompressor {
  return decompressorOn(loadedZstd());
}

/** The same on a given zstd; inside this room and for its tests. */
export function decompressorOn(provider: ZstdProvider): Decompressor {
  let zstd: ZstdDecoder | undefined = provider.decoder();
  return {
    decompress(codecId, packed, into, plainLength) {
      if (!zstd) throw new TypeError('This decompressor is closed.');
      if (!Number.isInteger(plainLength) || plainLength < 0 || plainLength > into.length) {
        throw new TypeError(`The plain length is ${plainLength}, but there is room for ${into.length} bytes.`);
      }
      decode(zstd, codecId, packed, into.subarray(0, plainLength));
    },
    close() {
      zstd = undefined;
    },
  };
}

function decode(zstd: ZstdDecoder, codecId: number, packed: Uint8Array, into: Uint8Array): void {
  const codec = codecName(codecId);
  if (codec === 'zstd') decodeZstd(zstd, packed, into);
  else if (codec === 'lz4') decodeLz4(packed, into);
  else if (codec === 'gzip') decodeGzip(packed, into);
  else if (codec === 'none') copyPlain(packed, into);
  else {
    const message = `Cannot decompress: codec number ${codecId} is unknown to this version.`;
    throw new BitacoraError('FORMAT_NEWER', message, { details: { codecId } });
  }
}

function copyPlain(packed: Uint8Array, into: Uint8Array): void {
  if (packed.length !== into.length) {
    throw corruptPacked('none', `there are ${packed.length} bytes, expected ${into.length}`);
  }
  into.set(packed);
}

function decodeZstd(zstd: ZstdDecoder, packed: Uint8Array, into: Uint8Array): void {
  checkZstdFrame(packed, into.length);
  const written = zstdBytes(zstd, packed, into);
  if (written !== into.length) throw corruptPacked('zstd', `it yields ${written} bytes, expected ${into.length}`);
}

function zstdBytes(zstd: ZstdDecoder, packed: Uint8Array, into: Uint8Array): number {
  try {
    return zstd(packed, into);
  } catch (error) {
    throw corruptPacked('zstd', problemOf(error), error);
  }
}
