import { Interrupt } from '../base/index.js';
import { freshPart, PART_BYTES, takeBack } from './spare-parts.js';

/** Parts under way: one is worked on, the next waits. */
const PARTS_MOST = 2;

/** Stores one part; resolves when its chunks are known and framed, with the part, wiped, where it comes back. */
export type SendPart = (bytes: Uint8Array<ArrayBuffer>, final: boolean) => Promise<unknown>;

/**
 * Gathers the bytes of `source` into parts of 1 MiB and sends them off in order, asking the source for more only while few are under
 * way. Buffers of the source are copied. Returns how many bytes there were; throws what the source or `send` threw, at once also
 * while the source has nothing to give.
 */
export async function feedStream(source: AsyncIterable<Uint8Array>, send: SendPart): Promise<number> {
  const iterator = source[Symbol.asyncIterator]();
  const underWay = new Set<Promise<unknown>>();
  const interrupt = new Interrupt();
  let part = freshPart();
  let filled = 0;
  let total = 0;

  async function flush(final: boolean): Promise<void> {
    // A view on the whole buffer goes with it: what lies behind `filled` is never looked at.
    const bytes = filled === 0 ? new Uint8Array(0) : part.subarray(0, filled);
    if (!final) part = freshPart();
    filled = 0;
    const sent: Promise<unknown> = send(bytes, final)
      .then(takeBack)
      .finally(() => underWay.delete(sent));
    underWay.add(sent);
    sent.catch((error: unknown) => interrupt.fail(error));
    while (underWay.size >= PARTS_MOST) await Promise.race(underWay);
  }

  try {
    for (;;) {
      const next = await interrupt.wait(iterator.next());
      if (next.done) break;
      for (let at = 0; at < next.value.length; ) {
        const piece = next.value.subarray(at, at + PART_BYTES - filled);
        part.set(piece, filled);
        filled += piece.length;
        at += piece.length;
        total += piece.length;
        if (filled === PART_BYTES) await flush(false);
      }
    }
    await flush(true);
    await Promise.all(underWay);
    return total;
  } catch (error) {
    // Lets the source go without waiting for it: it may have nothing to give for long.
    void Promise.resolve(iterator.return?.()).catch(() => {});
    await Promise.allSettled(underWay);
    throw error;
  }
}
