import { Cursor } from './cursor.js';
import { FIRST_FRAME_OFFSET } from './footer.js';

export const TRAILER_PLAIN_BYTES = 24;
/** The last bytes of every pack. */
export const TRAILER_SEALED_BYTES = 40;

const TAG_BYTES = 16;

/** Finds the footer. */
export interface Trailer {
  readonly footerOffset: number;
  /** Bytes of the footer in the pack, tag included. */
  readonly footerSealedLength: number;
  readonly frameCount: number;
}

/** The trailer's plain bytes, docs/format.md §7. The caller owns them. */
export function encodeTrailer(trailer: Trailer): Uint8Array {
  const out = Buffer.alloc(TRAILER_PLAIN_BYTES);
  out.writeBigUInt64BE(BigInt(trailer.footerOffset), 0);
  out.writeUInt32BE(trailer.footerSealedLength, 8);
  out.writeUInt32BE(trailer.frameCount, 12);
  return out;
}

/**
 * Reads a trailer's plain bytes.
 *
 * @param packBytes the pack's length: the footer must fill the space up to the trailer.
 * @throws {BitacoraError} `DATA_CORRUPT` naming `object`.
 */
export function decodeTrailer(bytes: Uint8Array, packBytes: number, object = 'a pack trailer'): Trailer {
  const cursor = new Cursor(bytes, object);
  const footerOffset = cursor.u53();
  const footerSealedLength = cursor.u32();
  const frameCount = cursor.u32();
  cursor.zeros(8);
  cursor.end();
  const end = footerOffset + footerSealedLength + TRAILER_SEALED_BYTES;
  if (footerOffset < FIRST_FRAME_OFFSET || footerSealedLength <= TAG_BYTES || end !== packBytes) {
    const claim = `${footerSealedLength} bytes at ${footerOffset}`;
    throw cursor.fail(`it places the footer of ${claim}, which does not fit a pack of ${packBytes} bytes`);
  }
  return { footerOffset, footerSealedLength, frameCount };
}
