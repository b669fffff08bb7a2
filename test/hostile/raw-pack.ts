import { systemRandom } from '../../src/base/index.js';
import { createSealer, FOOTER_NUMBER, sha256, TAG_BYTES, TRAILER_NUMBER } from '../../src/crypto/index.js';
import {
  encodeTrailer,
  FIRST_FRAME_OFFSET,
  TRAILER_SEALED_BYTES,
  varintBytes,
  writeVarint,
} from '../../src/format/index.js';
import type { UserSecrets } from '../../src/vault/index.js';

/** A frame as its plain bytes, whatever they say, and what the footer says of it. */
export interface RawFrame {
  readonly plain: Uint8Array;
  readonly kind: number;
  readonly ids: readonly Uint8Array[];
  /** What the footer claims its sealed length to be. */
  readonly claimed?: number;
  /** The section number it is sealed under. */
  readonly number?: number;
}

export interface RawPack {
  readonly frames: readonly RawFrame[];
  /** The footer's plain bytes instead of those that fit. */
  readonly footer?: Uint8Array;
  /** Changes to the trailer. */
  readonly trailer?: {
    readonly footerOffset?: number;
    readonly footerSealedLength?: number;
    readonly frameCount?: number;
  };
}

/** Varints and bytes, one behind the other. */
export function bytesOf(...parts: readonly (number | Uint8Array)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === 'number' ? varintOf(part) : part)));
}

function varintOf(value: number): Uint8Array {
  const out = new Uint8Array(varintBytes(value));
  writeVarint(out, 0, value);
  return out;
}

/** A frame's plain bytes with any claims: `kind codec plainLength count lengths payload`. */
export function rawFrame(
  kind: number,
  codec: number,
  plainLength: number,
  lengths: readonly number[],
  payload: Uint8Array,
): Uint8Array {
  return bytesOf(Uint8Array.of(kind, codec), plainLength, lengths.length, ...lengths, payload);
}

/** Seals a pack as somebody with the keys can: authentic, and saying whatever it likes. */
export function makeRawPack(
  secrets: UserSecrets,
  pack: RawPack,
): { readonly name: Uint8Array; readonly bytes: Uint8Array } {
  const { vaultId, uid, generation, epoch } = secrets;
  const sealer = createSealer(secrets.packKey, { format: 0, type: 1, generation, epoch, vaultId, uid }, systemRandom);
  const seal = (number: number, plain: Uint8Array): Uint8Array => {
    const sealed = new Uint8Array(plain.length + TAG_BYTES);
    sealer.seal(number, plain, sealed, 0);
    return sealed;
  };
  const sealed = pack.frames.map(({ plain, number }, i) => seal(number ?? i, plain));
  const records = pack.frames.map(({ kind, ids, claimed }, i) =>
    bytesOf(claimed ?? sealed[i]!.length, Uint8Array.of(kind), ids.length, ...ids),
  );
  const footer = seal(FOOTER_NUMBER, pack.footer ?? bytesOf(pack.frames.length, ...records));
  const framesEnd = FIRST_FRAME_OFFSET + sealed.reduce((sum, frame) => sum + frame.length, 0);
  const padding = new Uint8Array(Math.max(0, 4096 - framesEnd - footer.length - TRAILER_SEALED_BYTES));
  const footerOffset = framesEnd + padding.length;
  const truth = { footerOffset, footerSealedLength: footer.length, frameCount: pack.frames.length };
  const trailer = seal(TRAILER_NUMBER, encodeTrailer({ ...truth, ...pack.trailer }));
  const bytes = Buffer.concat([sealer.header, ...sealed, padding, footer, trailer]);
  sealer.close();
  return { name: sha256(bytes), bytes };
}
