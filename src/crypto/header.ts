import { asBuffer, BitacoraError } from '../base/index.js';

export const HEADER_BYTES = 80;

/** The format that this version writes, and the highest that it reads. */
export const OBJECT_FORMAT = 0;

/** What an object is; part of every tag, so that none can stand for another. docs/format.md §3. */
export const OBJECT_TYPES = { pack: 1, log: 2, bundle: 3, registry: 4, segment: 5, queue: 6, token: 7 } as const;
export type ObjectType = (typeof OBJECT_TYPES)[keyof typeof OBJECT_TYPES];

/** Everything that a sealed object is bound to, save its salt. */
export interface ObjectContext {
  readonly format: number;
  readonly type: number;
  /** 0 in a registry record. */
  readonly generation: number;
  /** 0 in a registry record. */
  readonly epoch: number;
  /** 16 bytes. */
  readonly vaultId: Uint8Array;
  /** 16 bytes; zero in a registry record. */
  readonly uid: Uint8Array;
}

/** The 80 bytes in front of every sealed object, read but not yet trusted: only a matching commitment proves them. */
export interface ObjectHeader {
  readonly format: number;
  readonly type: ObjectType;
  readonly generation: number;
  readonly epoch: number;
  /** 32 bytes, a view. */
  readonly salt: Uint8Array;
  /** 32 bytes, a view. */
  readonly commitment: Uint8Array;
}

export const BOUND_BYTES = 16;
export const SALT_BYTES = 32;
export const COMMITMENT_BYTES = 32;
const ID_BYTES = 16;
const SALT_AT = BOUND_BYTES;
const COMMITMENT_AT = SALT_AT + SALT_BYTES;
const MAGIC = 0x42495441;
const TYPE_MAX = OBJECT_TYPES.token;

/** The error of an object whose bytes fail a check of the envelope; `reason` is for programs. */
export function corruptObject(object: string, reason: string, problem: string): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `Cannot open ${object}: ${problem}.`, { details: { object, reason } });
}

function checkUint32(value: number, what: string): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new TypeError(`Not ${what}: ${value}.`);
}

export function checkContext(context: ObjectContext): void {
  if (context.format !== OBJECT_FORMAT) throw new TypeError(`Cannot seal in format ${context.format}.`);
  if (!isObjectType(context.type)) throw new TypeError(`Not an object type: ${context.type}.`);
  checkUint32(context.generation, 'a generation');
  checkUint32(context.epoch, 'an epoch');
  checkOwner(context.vaultId, context.uid);
}

export function checkOwner(vaultId: Uint8Array, uid: Uint8Array): void {
  if (vaultId.length !== ID_BYTES) throw new TypeError(`A vault id has 16 bytes, not ${vaultId.length}.`);
  if (uid.length !== ID_BYTES) throw new TypeError(`A uid has 16 bytes, not ${uid.length}.`);
}

function isObjectType(type: number): type is ObjectType {
  return Number.isInteger(type) && type >= 1 && type <= TYPE_MAX;
}

/**
 * The 80 bytes of a header, docs/format.md §3. The caller owns the result.
 *
 * @throws {TypeError} on a context or lengths out of range.
 */
export function encodeHeader(context: ObjectContext, salt: Uint8Array, commitment: Uint8Array): Uint8Array {
  checkContext(context);
  if (salt.length !== SALT_BYTES || commitment.length !== COMMITMENT_BYTES) {
    throw new TypeError('A salt and a commitment have 32 bytes each.');
  }
  const out = Buffer.alloc(HEADER_BYTES);
  out.writeUInt32BE(MAGIC, 0);
  out[4] = context.format;
  out[5] = context.type;
  out.writeUInt32BE(context.generation, 8);
  out.writeUInt32BE(context.epoch, 12);
  out.set(salt, SALT_AT);
  out.set(commitment, COMMITMENT_AT);
  return out;
}

/**
 * Reads the header of the object called `object`, whose bytes may go on behind it. The result keeps views of `bytes`.
 * Nothing in it is proved until an opener has compared the commitment.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` when it is short or no header; `FORMAT_NEWER` for a format above 0.
 */
export function readHeader(bytes: Uint8Array, object = 'a sealed object'): ObjectHeader {
  if (bytes.length < HEADER_BYTES) {
    throw corruptObject(object, 'short', `it has ${bytes.length} bytes, expected a header of ${HEADER_BYTES}`);
  }
  const header = asBuffer(bytes);
  if (header.readUInt32BE(0) !== MAGIC) throw corruptObject(object, 'magic', 'it does not begin with "BITA"');
  const format = header[4]!;
  if (format > OBJECT_FORMAT) {
    throw new BitacoraError(
      'FORMAT_NEWER',
      `Cannot open ${object}: it has format ${format}, and this version reads up to ${OBJECT_FORMAT}. Upgrade bitacora.`,
      { details: { object, format } },
    );
  }
  const type = header[5]!;
  if (!isObjectType(type)) throw corruptObject(object, 'type', `its type is ${type}, expected 1 to ${TYPE_MAX}`);
  if (header.readUInt16BE(6) !== 0) throw corruptObject(object, 'reserved', 'its reserved bytes are not zero');
  return {
    format,
    type,
    generation: header.readUInt32BE(8),
    epoch: header.readUInt32BE(12),
    salt: bytes.subarray(SALT_AT, COMMITMENT_AT),
    commitment: bytes.subarray(COMMITMENT_AT, HEADER_BYTES),
  };
}
