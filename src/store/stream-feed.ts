/** Bytes that one call hands over: small against the memory of a worker, large against the cost of a call. */
const PART_BYTES = 2 ** 20;
/** Parts under way: one is worked on, the next waits. */
const PARTS_MOST = 2;

/** Stores one part; resolves when its chunks are known and framed. */
export type SendPart = (bytes: Uint8Array<ArrayBuffer>, final: boolean) => Promise<unknown>;

/**
 * Gathers the bytes of `source` into parts of 1 MiB and sends them off in order, asking the source for more only while few are under
 * way. Buffers of the source are copied. Returns how many bytes there were; throws what the source or `send` threw, at once also
 * while the source has nothing to give.
 */
export async function feedStream(source: AsyncIterable<Uint8Array>, send: SendPart): Promise<number> {
  const iterator = source[Symbol.asyncIterator]();
  const underWay = new Set<Promise<unknown>>();
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  let part = new Uint8Array(PART_BYTES);
  let filled = 0;
  let total = 0;

  async function flush(final: boolean): Promise<void> {
    const bytes = filled === PART_BYTES ? part : part.slice(0, filled);
    part = new Uint8Array(final ? 0 : PART_BYTES);
    filled = 0;
    const sent: Promise<unknown> = send(bytes, final).finally(() => underWay.delete(sent));
    underWay.add(sent);
    sent.catch(fail);
    while (underWay.size >= PARTS_MOST) await Promise.race(underWay);
  }

  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), failed]);
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
