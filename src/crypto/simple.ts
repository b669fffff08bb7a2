import { asBuffer, type Random } from '../base/index.js';
import { corruptObject, HEADER_BYTES, type ObjectContext } from './header.js';
import { createOpener, type ExpectedObject } from './opener.js';
import { padme } from './padme.js';
import { createSealer } from './sealer.js';
import { TAG_BYTES } from './section.js';

/** Bodies below this look alike. */
export const SIMPLE_PLAIN_BYTES_MIN = 512;
/** The largest body of a simple object, docs/format.md §3: what a reader is ready to hold in memory. */
export const SIMPLE_BODY_BYTES_MAX = 64 * 1024 * 1024;

const LENGTH_BYTES = 4;

/**
 * A simple object, docs/format.md §3: `body`, padded, sealed as the only section behind a fresh header. Keeps nothing;
 * the caller owns the result.
 *
 * @throws {TypeError} on a body above 64 MiB, or a key or context out of range.
 */
export function sealSimple(typeKey: Uint8Array, context: ObjectContext, body: Uint8Array, random: Random): Uint8Array {
  if (body.length > SIMPLE_BODY_BYTES_MAX) throw new TypeError(`Cannot seal a body of ${body.length} bytes.`);
  const plain = Buffer.alloc(padme(Math.max(SIMPLE_PLAIN_BYTES_MIN, LENGTH_BYTES + body.length)));
  plain.writeUInt32BE(body.length, 0);
  plain.set(body, LENGTH_BYTES);
  const sealer = createSealer(typeKey, context, random);
  try {
    const out = new Uint8Array(HEADER_BYTES + plain.length + TAG_BYTES);
    out.set(sealer.header);
    sealer.seal(0, plain, out, HEADER_BYTES);
    return out;
  } finally {
    sealer.close();
    plain.fill(0);
  }
}

/**
 * The body of a simple object, in memory of the caller's own.
 *
 * @throws {BitacoraError} as `createOpener` and `Opener.open` do, and `DATA_CORRUPT` when the padding is not zero.
 */
export function openSimple(typeKey: Uint8Array, bytes: Uint8Array, expected: ExpectedObject): Uint8Array {
  const object = expected.name ?? 'a sealed object';
  const opener = createOpener(typeKey, bytes, expected);
  try {
    return unpad(opener.open(0, bytes.subarray(HEADER_BYTES)), object);
  } finally {
    opener.close();
  }
}

function unpad(plain: Uint8Array, object: string): Uint8Array {
  if (plain.length < SIMPLE_PLAIN_BYTES_MIN) {
    throw corruptObject(
      object,
      'padding',
      `it holds ${plain.length} bytes, expected at least ${SIMPLE_PLAIN_BYTES_MIN}`,
    );
  }
  const end = LENGTH_BYTES + asBuffer(plain).readUInt32BE(0);
  if (end > plain.length || end - LENGTH_BYTES > SIMPLE_BODY_BYTES_MAX) {
    throw corruptObject(object, 'padding', `it claims a body of ${end - LENGTH_BYTES} bytes in ${plain.length}`);
  }
  for (let at = end; at < plain.length; at++) {
    if (plain[at] !== 0) throw corruptObject(object, 'padding', 'its padding is not zero');
  }
  return plain.subarray(LENGTH_BYTES, end);
}
