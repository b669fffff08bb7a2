import { createHash } from 'node:crypto';

/** Bytes that look random and are the same in every run. */
export function noise(length: number, seed: string): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let offset = 0, block = 0; offset < length; offset += 32, block++) {
    const digest = createHash('sha256').update(`${seed}:${block}`).digest();
    bytes.set(digest.subarray(0, Math.min(32, length - offset)), offset);
  }
  return bytes;
}

/** Text with the repetitions of source code. */
export function prose(length: number, seed: string): Uint8Array {
  const words = 'if return static struct void int const char for while break case unsigned size_t NULL inline'.split(
    ' ',
  );
  const dice = noise(length, seed);
  let text = '';
  for (let i = 0; text.length < length; i++) {
    text += `${words[dice[i % length]! % words.length]}${i % 7 === 6 ? `_${dice[i % length]};\n\t` : ' '}`;
  }
  return new TextEncoder().encode(text).subarray(0, length);
}

/** A machine's integers: four bytes each, counting up and starting over. */
export function integers(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i + 4 <= length; i += 4) view.setUint32(i, 1_000_000 + (i % 1000) * 3, true);
  return bytes;
}

/** Where `inner` is surrounded by bytes that must never change. */
export function guarded(length: number): { inner: Uint8Array; intact: () => boolean } {
  const GUARD = 64;
  const whole = new Uint8Array(length + 2 * GUARD).fill(0xa5);
  return {
    inner: whole.subarray(GUARD, GUARD + length),
    intact: () =>
      whole.subarray(0, GUARD).every((byte) => byte === 0xa5) &&
      whole.subarray(GUARD + length).every((byte) => byte === 0xa5),
  };
}
