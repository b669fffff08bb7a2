import { corruptPacked } from './corrupt.js';

const MAGIC = 0xfd2fb528;
/** RFC 8878 §3.1.1.1.2 asks every decoder to bear 8 MiB; more would let a frame of a few bytes claim memory. */
const WINDOW_BYTES_MAX = 8 * 1024 * 1024;
const RESERVED_BLOCK = 3;
const RLE_BLOCK = 1;

/**
 * Checks, before any library sees them, that `packed` is exactly one zstd frame which declares `plainLength` bytes of content,
 * needs no dictionary and no large window. So a decoder never allocates by what the frame claims, and every provider refuses the same bytes.
 *
 * @throws DATA_CORRUPT
 * Source: RFC 8878 §3.1.1.
 */
export function checkZstdFrame(packed: Uint8Array, plainLength: number): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 6 || view.getUint32(0, true) !== MAGIC) throw corruptPacked('zstd', 'no frame header');
  const descriptor = packed[4]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
  if ((descriptor & 0x08) !== 0) throw corruptPacked('zstd', 'a reserved header bit is set');
  if ((descriptor & 0x03) !== 0) throw corruptPacked('zstd', 'the frame asks for a dictionary');
  if (sizeBytes === 0) throw corruptPacked('zstd', 'the frame does not declare its length');

  const sizeOffset = singleSegment ? 5 : 6;
  const headerLength = sizeOffset + sizeBytes;
  if (packed.length < headerLength + 3) throw corruptPacked('zstd', 'the frame is cut short');
  const declared = contentLength(view, sizeOffset, sizeBytes);
  if (declared !== plainLength)
    throw corruptPacked('zstd', `the frame declares ${declared} bytes, expected ${plainLength}`);
  if (!singleSegment && windowBytes(packed[5]!) > WINDOW_BYTES_MAX)
    throw corruptPacked('zstd', 'the window is too large');

  const frameLength = skipBlocks(packed, headerLength) + ((descriptor & 0x04) !== 0 ? 4 : 0);
  if (frameLength !== packed.length)
    throw corruptPacked('zstd', `the frame has ${frameLength} bytes, found ${packed.length}`);
}

function contentLength(view: DataView, offset: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(offset);
  if (bytes === 2) return view.getUint16(offset, true) + 256;
  if (bytes === 4) return view.getUint32(offset, true);
  return Number(view.getBigUint64(offset, true));
}

function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Walks the block headers; answers the offset behind the last block. */
function skipBlocks(packed: Uint8Array, start: number): number {
  let offset = start;
  for (;;) {
    if (offset + 3 > packed.length) throw corruptPacked('zstd', 'the frame is cut short');
    const header = packed[offset]! | (packed[offset + 1]! << 8) | (packed[offset + 2]! << 16);
    const kind = (header >> 1) & 3;
    if (kind === RESERVED_BLOCK) throw corruptPacked('zstd', 'a block has a reserved type');
    offset += 3 + (kind === RLE_BLOCK ? 1 : header >> 3);
    if ((header & 1) === 1) return offset;
  }
}
