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

// Windows of 2, 4 and 8 bytes by doubling: each step adds the half that is older, shifted by its age.
// @ts-ignore: decorator
@inline function window2(previous: v128, g: v128): v128 {
  const old = back1(previous, g);
  return i8x16.add(g, i8x16.add(old, old));
}
// @ts-ignore: decorator
@inline function window4(previous: v128, s1: v128): v128 {
  return i8x16.add(s1, v128.and(i16x8.shl(back2(previous, s1), 2), i8x16.splat(<i8>0xfc)));
}
// @ts-ignore: decorator
@inline function window8(previous: v128, s2: v128): v128 {
  return i8x16.add(s2, v128.and(i16x8.shl(back4(previous, s2), 4), i8x16.splat(<i8>0xf0)));
}

// Zero in every byte whose position passes the filter F.
// @ts-ignore: decorator
@inline function filter(previous: v128, h: v128): v128 {
  return v128.or(h, v128.and(back8(previous, h), i8x16.splat(<i8>0xe0)));
}

// @ts-ignore: decorator
@inline function zeros(v: v128): u64 {
  return <u64>i8x16.bitmask(i8x16.eq(v, i8x16.splat(0)));
}

/** V: mixes the 32 bytes that end with the one at `position`. */
function verify(position: usize): u64 {
  const w = position - 31;
  let h = (load<u64>(w) ^ load<u64>(KEY, 32)) * 0x9e3779b97f4a7c15;
  h ^= h >> 32;
  h = ((load<u64>(w, 8) ^ load<u64>(KEY, 40)) + h) * 0xc2b2ae3d27d4eb4f;
  h ^= h >> 29;
  h = ((load<u64>(w, 16) ^ load<u64>(KEY, 48)) + h) * 0x165667b19e3779f9;
  h ^= h >> 32;
  h = ((load<u64>(w, 24) ^ load<u64>(KEY, 56)) + h) * 0xd6e8feb86659fd93;
  return h ^ (h >> 29);
}

/**
 * The end of the chunk that begins at `chunk`, looked for at the byte positions [from, limit); 0 when none ends there.
 * Before `turn` a position needs V below `strict`, from there on below `loose`.
 */
function scan(from: usize, limit: usize, turn: usize, strict: u64, loose: u64): usize {
  const lo = v128.load(KEY);
  const hi = v128.load(KEY, 16);
  const zero = i8x16.splat(0);
  // One block of warm-up: the windows of later blocks reach no further back than its upper bytes, which are exact.
  let g = gear(v128.load(from - 16), lo, hi);
  let s1 = window2(zero, g);
  let s2 = window4(zero, s1);
  let h = window8(zero, s2);
  for (let p = from; p < limit; p += BLOCK) {
    const g0 = gear(v128.load(p), lo, hi);
    const g1 = gear(v128.load(p, 16), lo, hi);
    const g2 = gear(v128.load(p, 32), lo, hi);
    const g3 = gear(v128.load(p, 48), lo, hi);
    const a0 = window2(g, g0);
    const a1 = window2(g0, g1);
    const a2 = window2(g1, g2);
    const a3 = window2(g2, g3);
    const b0 = window4(s1, a0);
    const b1 = window4(a0, a1);
    const b2 = window4(a1, a2);
    const b3 = window4(a2, a3);
    const h0 = window8(s2, b0);
    const h1 = window8(b0, b1);
    const h2 = window8(b1, b2);
    const h3 = window8(b2, b3);
    const f0 = filter(h, h0);
    const f1 = filter(h0, h1);
    const f2 = filter(h1, h2);
    const f3 = filter(h2, h3);
    g = g3;
    s1 = a3;
    s2 = b3;
    h = h3;
    const least = i8x16.min_u(i8x16.min_u(f0, f1), i8x16.min_u(f2, f3));
    if (v128.any_true(i8x16.eq(least, zero))) {
      let hits = zeros(f0) | (zeros(f1) << 16) | (zeros(f2) << 32) | (zeros(f3) << 48);
      while (hits) {
        const position = p + <usize>ctz(hits);
        if (position >= limit) return 0;
        if (verify(position) < (position < turn ? strict : loose)) return position + 1;
        hits &= hits - 1;
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
