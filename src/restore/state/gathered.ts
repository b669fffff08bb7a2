const GATHERED_BYTES = 256 * 1024;

/**
 * The same bytes in pieces of about 256 KiB, each in memory of its own: what comes in may change as soon as the next is
 * asked for, and a write to a file may still be going on by then.
 */
export async function* gathered(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let buffer = new Uint8Array(GATHERED_BYTES);
  let used = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + GATHERED_BYTES - used);
      buffer.set(part, used);
      used += part.length;
      at += part.length;
      if (used < GATHERED_BYTES) continue;
      yield buffer;
      buffer = new Uint8Array(GATHERED_BYTES);
      used = 0;
    }
  }
  if (used > 0) yield buffer.subarray(0, used);
}
