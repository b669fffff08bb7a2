import { createHash } from 'node:crypto';
import { isBitacoraError, type Random } from '../../src/base/index.js';
import { OBJECT_TYPES, type ObjectContext } from '../../src/crypto/index.js';

/** `length` bytes that look random and are the same in every run. */
export function fixedBytes(length: number, label: string): Uint8Array {
  const blocks: Buffer[] = [];
  for (let at = 0; at < length; at += 32) blocks.push(createHash('sha256').update(`${label} ${at}`).digest());
  return Uint8Array.from(Buffer.concat(blocks).subarray(0, length));
}

/** Randomness that is the same in every run and never repeats within one. */
export function fixedRandom(label: string): Random {
  let calls = 0;
  return { bytes: (length) => fixedBytes(length, `${label} ${calls++}`) };
}

export const TYPE_KEY = fixedBytes(32, 'type key');

export const CONTEXT: ObjectContext = {
  format: 0,
  type: OBJECT_TYPES.log,
  generation: 0x01020304,
  epoch: 0x05060708,
  vaultId: fixedBytes(16, 'vault'),
  uid: fixedBytes(16, 'user'),
};

export const EXPECTED = {
  type: CONTEXT.type,
  vaultId: CONTEXT.vaultId,
  uid: CONTEXT.uid,
  name: 'users/u/log/1-x',
};

export function flipped(bytes: Uint8Array, at: number, mask = 1): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= mask;
  return copy;
}

/** The code and reason that `call` is refused with, or "accepted"; anything but a BitacoraError is thrown on. */
export function refusal(call: () => unknown): string {
  try {
    call();
    return 'accepted';
  } catch (error) {
    if (!isBitacoraError(error)) throw error;
    const { reason } = error.details;
    return typeof reason === 'string' ? `${error.code} ${reason}` : error.code;
  }
}
