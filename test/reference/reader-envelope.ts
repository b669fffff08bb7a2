import { createDecipheriv, timingSafeEqual } from 'node:crypto';
import { Cursor, ensure, hkdf, u64 } from './reader-bytes.js';

const TYPES = { pack: 1, 'log entry': 2, 'key bundle': 3, 'registry record': 4 } as const;

/** V and U of the format page, which every object is bound to. */
export interface Owner {
  readonly vaultId: Buffer;
  readonly uid: Buffer;
}

export interface Envelope {
  readonly generation: number;
  readonly epoch: number;
  /** Opens the section with that number. */
  section(number: number, sealed: Uint8Array): Buffer;
}

/** Checks header and commitment, section 3 of the format page. `keyOf` gives the type key of a generation and epoch. */
export function openEnvelope(
  object: Buffer,
  type: keyof typeof TYPES,
  keyOf: (generation: number, epoch: number) => Buffer,
  { vaultId, uid }: Owner,
  name: string,
): Envelope {
  const cursor = new Cursor(object, name);
  const [start, salt, commitment] = [cursor.take(16), cursor.take(32), cursor.take(32)];
  ensure(start.toString('latin1', 0, 4) === 'BITA', `${name} does not start with BITA`);
  ensure(start[4] === 0, `${name} has format ${start[4]}, which is for a newer reader`);
  ensure(start[5] === TYPES[type] && start.readUInt16BE(6) === 0, `${name} is not a ${type}`);
  const [generation, epoch] = [start.readUInt32BE(8), start.readUInt32BE(12)];
  const okm = hkdf(keyOf(generation, epoch), salt, 'bitacora/0/object', 64, start, vaultId, uid);
  ensure(timingSafeEqual(okm.subarray(32), commitment), `${name} has another key, or its header is damaged`);
  return {
    generation,
    epoch,
    section(number, sealed) {
      const nonce = Buffer.concat([Buffer.alloc(4), u64(number)]);
      const cipher = createDecipheriv('aes-256-gcm', okm.subarray(0, 32), nonce, { authTagLength: 16 });
      cipher.setAAD(Buffer.concat([start, vaultId, uid, u64(number)]));
      try {
        cipher.setAuthTag(sealed.subarray(-16));
        return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
      } catch {
        throw new Error(`${name}: section ${number} fails its check`);
      }
    },
  };
}

/** The body of a log entry, bundle or registry record. */
export function openSimple(object: Buffer, envelope: Envelope, name: string): Buffer {
  const plain = envelope.section(0, object.subarray(80));
  const cursor = new Cursor(plain, name);
  const body = cursor.take(cursor.u32());
  const padding = cursor.rest();
  ensure(plain.length >= 512 && padding.every((byte) => byte === 0), `${name} is not padded as it must be`);
  return body;
}
