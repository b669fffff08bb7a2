// The SGear kernel: where chunks end. Definition: docs/format.md, "Chunker".
//
// AssemblyScript, compiled by ../build-kernel.mjs. The host imports the memory and lays it out (../layout.ts):
// the key at KEY, then the list of ends, then the buffer. At least 128 bytes behind the buffer must be readable,
// since the scan loads whole blocks of 64 bytes; what lies there never changes a result.

/** LO[16] bytes, HI[16] bytes, K0..K3 as little-endian u64. */
const KEY: usize = 0;

const BLOCK: usize = 64;

// The bytes of `next` moved up by n places, filled from the end of `previous`: what stood n positions before.
// @ts-ignore: decorator
@inline function back1(previous: v128, next: v128): v128 {
  return v128.shuffle<u8>(previous, next, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
}
// @ts-ignore: decorator
@inline function back2(previous: v128, next: v128): v128 {
  return v128.shuffle<u8>(previous, next, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
}
// @ts-ignore: decorator
@inline function back4(previous: v128, next: v128): v128 {
  return v128.shuffle<u8>(previous, next, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
}
// @ts-ignore: decorator
@inline function back8(previous: v128, next: v128): v128 {
  return v128.shuffle<u8>(previous, next, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
}

// g(b) = LO[b mod 16] + HI[b div 16], sixteen bytes at once.
// @ts-ignore: decorator
@inline function gear(bytes: v128, lo: v128, hi: v128): v128 {
  const low = v128.and(bytes, i8x16.splat(0x0f));
  const high = v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(0x0f));
  return i8x16.add(v128.swizzle(lo, low), v128.swizzle(hi, high));
}

// The two halves of each byte changed over.
// @ts-ignore: decorator
@inline function turned(v: v128): v128 {
  const up = v128.and(i16x8.shl(v, 4), i8x16.splat(<i8>0xf0));
  return v128.or(up, v128.and(i16x8.shr_u(v, 4), i8x16.splat(0x0f)));
}

// Windows of 2, 4, 8, 16 and 32 bytes by doubling: each joins the half that ends here with the older one. They alternate
// between sum, turned sum and exclusive or, since sums of shifted values alone leave low bits to the last few bytes.
// @ts-ignore: decorator
@inline function window2(previous: v128, g: v128): v128 {
  const old = back1(previous, g);
  return i8x16.add(g, i8x16.add(old, old));
}
// @ts-ignore: decorator
@inline function window4(previous: v128, w2: v128): v128 {
  return i8x16.add(w2, v128.and(i16x8.shl(back2(previous, w2), 2), i8x16.splat(<i8>0xfc)));
}
// @ts-ignore: decorator
@inline function window8(previous: v128, w4: v128): v128 {
  return i8x16.add(w4, turned(back4(previous, w4)));
}
// @ts-ignore: decorator
@inline function window16(previous: v128, w8: v128): v128 {
  const old = back8(previous, w8);
  return v128.xor(w8, i8x16.add(old, old));
}
// Sixteen bytes back is the vector before.
// @ts-ignore: decorator
@inline function window32(previous: v128, w16: v128): v128 {
  return i8x16.add(w16, previous);
}

// Zero in every byte whose position passes the filter F. Thirty-two bytes back is the vector before the one before.
// @ts-ignore: decorator
@inline function filter(beforePrevious: v128, w32: v128): v128 {
  const sum = i8x16.add(w32, i8x16.add(beforePrevious, i8x16.add(beforePrevious, beforePrevious)));
  return v128.or(sum, v128.and(w32, i8x16.splat(<i8>0xe0)));
}

// @ts-ignore: decorator
@inline function zeros(v: v128): u64 {
  return <u64>i8x16.bitmask(i8x16.eq(v, i8x16.splat(0)));
}

/** Mixes the 32 bytes at `words` into `h`. */
// @ts-ignore: decorator
@inline function mix(words: usize, h: u64): u64 {
  h = ((load<u64>(words) ^ load<u64>(KEY, 32)) + h) * 0x9e3779b97f4a7c15;
  h ^= h >> 32;
  h = ((load<u64>(words, 8) ^ load<u64>(KEY, 40)) + h) * 0xc2b2ae3d27d4eb4f;
  h ^= h >> 29;
  h = ((load<u64>(words, 16) ^ load<u64>(KEY, 48)) + h) * 0x165667b19e3779f9;
  h ^= h >> 32;
  h = ((load<u64>(words, 24) ^ load<u64>(KEY, 56)) + h) * 0xd6e8feb86659fd93;
  return h ^ (h >> 29);
}

/** V: mixes the 64 bytes that end with the one at `position`. */
function verify(position: usize): u64 {
  return mix(position - 31, mix(position - 63, 0));
}

/**
 * Where the chunk ends that may end behind one of the byte positions [from, limit); 0 when it does not.
 * Before `turn` a position needs V below `strict`, from there on below `loose`. Reads from 64 bytes before `from` on.
 */
function scan(from: usize, limit: usize, turn: usize, strict: u64, loose: u64): usize {
  const lo = v128.load(KEY);
  const hi = v128.load(KEY, 16);
  const zero = i8x16.splat(0);
  let g = zero;
  let w2 = zero;
  let w4 = zero;
  let w8 = zero;
  let w16 = zero;
  let w32y = zero;
  let w32z = zero;
  // The first block only fills the windows, which are whole behind its last byte.
  for (let p = from - BLOCK; p < limit; p += BLOCK) {
    const g0 = gear(v128.load(p), lo, hi);
    const w2a = window2(g, g0);
    const w4a = window4(w2, w2a);
    const w8a = window8(w4, w4a);
    const w16a = window16(w8, w8a);
    const w32a = window32(w16, w16a);
    const g1 = gear(v128.load(p, 16), lo, hi);
    const w2b = window2(g0, g1);
    const w4b = window4(w2a, w2b);
    const w8b = window8(w4a, w4b);
    const w16b = window16(w8a, w8b);
    const w32b = window32(w16a, w16b);
    const g2 = gear(v128.load(p, 32), lo, hi);
    const w2c = window2(g1, g2);
    const w4c = window4(w2b, w2c);
    const w8c = window8(w4b, w4c);
    const w16c = window16(w8b, w8c);
    const w32c = window32(w16b, w16c);
    const g3 = gear(v128.load(p, 48), lo, hi);
    const w2d = window2(g2, g3);
    const w4d = window4(w2c, w2d);
    const w8d = window8(w4c, w4d);
    const w16d = window16(w8c, w8d);
    const w32d = window32(w16c, w16d);
    const f0 = filter(w32y, w32a);
    const f1 = filter(w32z, w32b);
    const f2 = filter(w32a, w32c);
    const f3 = filter(w32b, w32d);
    g = g3;
    w2 = w2d;
    w4 = w4d;
    w8 = w8d;
    w16 = w16d;
    w32y = w32c;
    w32z = w32d;
    const least = i8x16.min_u(i8x16.min_u(f0, f1), i8x16.min_u(f2, f3));
    if (v128.any_true(i8x16.eq(least, zero))) {
      let hits = zeros(f0) | (zeros(f1) << 16) | (zeros(f2) << 32) | (zeros(f3) << 48);
      for (; hits; hits &= hits - 1) {
        const position = p + <usize>ctz(hits);
        if (position < from) continue;
        if (position >= limit) return 0;
        if (verify(position) < (position < turn ? strict : loose)) return position + 1;
      }
    }
  }
  return 0;
}

/**
 * Cuts the bytes [start, end), which begin at a chunk's start, and writes chunk ends as u32 to `ends`, at most `capacity`.
 * Unless `final`, the tail whose end later bytes decide is left uncut. Returns how many ends it wrote.
 */
export function cut(
  start: usize, end: usize, final: i32,
  min: usize, normal: usize, max: usize, strict: u64, loose: u64,
  ends: usize, capacity: u32,
): u32 {
  let count: u32 = 0;
  let chunk = start;
  while (chunk < end && count < capacity) {
    const length = end - chunk;
    let next: usize = 0;
    if (length > min) {
      const limit = length < max ? end : chunk + max;
      next = scan(chunk + min - 1, limit, chunk + normal, strict, loose);
      if (next == 0 && length >= max) next = limit;
    }
    if (next == 0) {
      if (!final) break;
      next = end;
    }
    store<u32>(ends + (<usize>count << 2), <u32>next);
    count++;
    chunk = next;
  }
  return count;
}
