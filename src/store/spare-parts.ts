/** Bytes that one call hands over: small against the memory of a worker, large against the cost of a call. */
export const PART_BYTES = 2 ** 20;

/** Parts that came back, at most so many. */
const spares: ArrayBuffer[] = [];
const SPARES_MOST = 8;

/** Memory of its own, so that it can be handed over; what lies in it is overwritten or never looked at. */
export function freshPart(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(spares.pop() ?? (Buffer.allocUnsafeSlow(PART_BYTES).buffer as ArrayBuffer));
}

/** Keeps a part that came back for the next. */
export function takeBack(part: unknown): void {
  if (!(part instanceof Uint8Array) || part.buffer.byteLength !== PART_BYTES) return;
  if (spares.length < SPARES_MOST) spares.push(part.buffer as ArrayBuffer);
}
