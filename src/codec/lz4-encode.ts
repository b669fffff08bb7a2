const HASH_BITS = 14;
const MATCH_MIN = 4;
const OFFSET_MAX = 0xffff;
/** The format's end rules: the last five bytes are literals, and no match starts within the last twelve. */
const LITERALS_AT_END = 5;
const MATCH_START_MARGIN = 12;
/** After this many misses (as a power of two) the search starts to stride: incompressible stretches go by fast. */
const SKIP_SHIFT = 6;

/**
 * A reusable LZ4 encoder: writes one plain LZ4 block (no size prefix, no frame) into `into` and answers its length, or 0 when it does
 * not fit. Allocates nothing but a view per call.
 *
 * Source: the LZ4 block format description (lz4_Block_format.md).
 */
export function createLz4Encoder(): (plain: Uint8Array, into: Uint8Array) => number {
  const table = new Int32Array(1 << HASH_BITS);
  return (plain, into) => encodeBlock(table, plain, into);
}

function encodeBlock(table: Int32Array, plain: Uint8Array, into: Uint8Array): number {
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const searchEnd = plain.length - MATCH_START_MARGIN;
  const matchEnd = plain.length - LITERALS_AT_END;
  // Positions are stored plus one, so that zero means empty.
  table.fill(0);
  let anchor = 0;
  let written = 0;
  let position = 0;
  let misses = 1 << SKIP_SHIFT;
  while (position <= searchEnd) {
    const word = view.getInt32(position, true);
    const slot = Math.imul(word, -1640531535) >>> (32 - HASH_BITS);
    const candidate = table[slot]! - 1;
    table[slot] = position + 1;
    if (candidate < 0 || position - candidate > OFFSET_MAX || view.getInt32(candidate, true) !== word) {
      position += misses++ >> SKIP_SHIFT;
      continue;
    }
    let start = position;
    let back = candidate;
    while (start > anchor && back > 0 && plain[start - 1] === plain[back - 1]) {
      start--;
      back--;
    }
    const end = matchLimit(plain, view, position + MATCH_MIN, candidate + MATCH_MIN, matchEnd);
    written = writeSequence(plain, anchor, start, end - start, start - back, into, written);
    if (written === 0) return 0;
    // One more position from inside the match keeps chains of repeats alive, as the reference encoder does.
    if (end - 2 <= searchEnd)
      table[Math.imul(view.getInt32(end - 2, true), -1640531535) >>> (32 - HASH_BITS)] = end - 1;
    position = end;
    anchor = end;
    misses = 1 << SKIP_SHIFT;
  }
  return writeSequence(plain, anchor, plain.length, 0, 0, into, written);
}

/** The end of the match whose two sides continue at `position` and `candidate`. */
function matchLimit(plain: Uint8Array, view: DataView, position: number, candidate: number, limit: number): number {
  let at = position;
  let other = candidate;
  while (at + 4 <= limit && view.getInt32(at, true) === view.getInt32(other, true)) {
    at += 4;
    other += 4;
  }
  while (at < limit && plain[at] === plain[other]) {
    at++;
    other++;
  }
  return at;
}

/** Writes literals and a match (none when `matchLength` is 0, at the end); answers the new write offset, or 0 when it does not fit. */
function writeSequence(
  plain: Uint8Array,
  from: number,
  to: number,
  matchLength: number,
  distance: number,
  into: Uint8Array,
  offset: number,
): number {
  const literals = to - from;
  const matchCode = matchLength === 0 ? 0 : matchLength - MATCH_MIN;
  const worst = offset + 1 + ((literals / 255) | 0) + 1 + literals + 2 + ((matchCode / 255) | 0) + 1;
  if (worst > into.length && exactEnd(offset, literals, matchLength, matchCode) > into.length) return 0;
  let out = offset;
  into[out++] = (Math.min(literals, 15) << 4) | Math.min(matchCode, 15);
  if (literals >= 15) out = writeLength(into, out, literals - 15);
  if (literals > 32) into.set(plain.subarray(from, to), out);
  else for (let i = 0; i < literals; i++) into[out + i] = plain[from + i]!;
  out += literals;
  if (matchLength === 0) return out;
  into[out++] = distance & 0xff;
  into[out++] = distance >> 8;
  return matchCode >= 15 ? writeLength(into, out, matchCode - 15) : out;
}

function exactEnd(offset: number, literals: number, matchLength: number, matchCode: number): number {
  const literalBytes = literals >= 15 ? Math.floor((literals - 15) / 255) + 1 : 0;
  const matchBytes = matchCode >= 15 ? Math.floor((matchCode - 15) / 255) + 1 : 0;
  return offset + 1 + literalBytes + literals + (matchLength === 0 ? 0 : 2) + matchBytes;
}

function writeLength(into: Uint8Array, offset: number, value: number): number {
  let out = offset;
  let rest = value;
  for (; rest >= 255; rest -= 255) into[out++] = 255;
  into[out++] = rest;
  return out;
}
