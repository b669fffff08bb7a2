import { corruptPacked } from './corrupt.js';

const MATCH_MIN = 4;

/**
 * Fills `into` from one plain LZ4 block, which must yield exactly `into.length` bytes. Every length and distance is checked before a
 * byte is copied, so nothing outside `into` is read or written.
 *
 * @throws DATA_CORRUPT
 * Source: the LZ4 block format description (lz4_Block_format.md).
 */
export function decodeLz4(packed: Uint8Array, into: Uint8Array): void {
  let read = 0;
  let written = 0;
  for (;;) {
    if (read >= packed.length) throw corruptPacked('lz4', 'the block is cut short');
    const token = packed[read++]!;
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255) {
        if (read >= packed.length) throw corruptPacked('lz4', 'the block is cut short');
        more = packed[read++]!;
        literals += more;
      }
    }
    if (literals > packed.length - read) throw corruptPacked('lz4', 'the block is cut short');
    if (literals > into.length - written) throw corruptPacked('lz4', `it yields more than ${into.length} bytes`);
    copyLiterals(packed, read, into, written, literals);
    read += literals;
    written += literals;
    // Only the last sequence has no match.
    if (read === packed.length) break;

    if (read + 2 > packed.length) throw corruptPacked('lz4', 'the block is cut short');
    const distance = packed[read]! | (packed[read + 1]! << 8);
    read += 2;
    if (distance === 0 || distance > written) throw corruptPacked('lz4', 'a match reaches before the start');
    let match = (token & 15) + MATCH_MIN;
    if (match === 15 + MATCH_MIN) {
      let more = 255;
      while (more === 255) {
        if (read >= packed.length) throw corruptPacked('lz4', 'the block is cut short');
        more = packed[read++]!;
        match += more;
      }
    }
    if (match > into.length - written) throw corruptPacked('lz4', `it yields more than ${into.length} bytes`);
    copyMatch(into, written, distance, match);
    written += match;
  }
  if (written !== into.length) throw corruptPacked('lz4', `it yields ${written} bytes, expected ${into.length}`);
}

function copyLiterals(from: Uint8Array, read: number, into: Uint8Array, written: number, length: number): void {
  if (length > 32) into.set(from.subarray(read, read + length), written);
  else for (let i = 0; i < length; i++) into[written + i] = from[read + i]!;
}

/** A match may overlap what it writes (distance below length repeats a pattern): then only an ascending byte copy is right. */
function copyMatch(into: Uint8Array, written: number, distance: number, length: number): void {
  const from = written - distance;
  if (length > 64 && distance >= length) into.copyWithin(written, from, from + length);
  else for (let i = 0; i < length; i++) into[written + i] = into[from + i]!;
}
