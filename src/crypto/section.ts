import { createCipheriv, createDecipheriv } from 'node:crypto';
import { asBuffer } from '../base/index.js';

export const TAG_BYTES = 16;

const ALGORITHM = 'aes-256-gcm';
/** Node sets four-byte tags on a par with whole ones unless told the length. */
const OPTIONS = { authTagLength: TAG_BYTES };
const NONCE_BYTES = 12;
const NUMBER_BYTES = 8;

/**
 * Every `update` makes its own output. As Latin-1 strings of this size they are young garbage of the JavaScript heap, as fast as
 * buffers; buffers would pile up outside it, 35 MB a thread, until the collector hears of them.
 */
const UPDATE_BYTES = 16 * 1024;

/** The changing inputs of one object's sections, laid out once and renumbered in place. docs/format.md §3. */
export class SectionCipher {
  readonly #key: Uint8Array;
  readonly #nonce = Buffer.alloc(NONCE_BYTES);
  readonly #aad: Buffer;

  /** Takes over `key`, which `wipe` clears; copies `bound`. */
  constructor(key: Uint8Array, bound: Uint8Array) {
    this.#key = key;
    this.#aad = Buffer.alloc(bound.length + NUMBER_BYTES);
    this.#aad.set(bound);
  }

  /** Writes ciphertext ‖ tag to `into` from `offset`; the ranges must not overlap. Returns the bytes written. */
  seal(number: number, plain: Uint8Array, into: Uint8Array, offset: number): number {
    this.#select(number);
    const cipher = createCipheriv(ALGORITHM, this.#key, this.#nonce, OPTIONS);
    cipher.setAAD(this.#aad);
    const out = asBuffer(into);
    let at = offset;
    for (let from = 0; from < plain.length; from += UPDATE_BYTES) {
      const piece = cipher.update(plain.subarray(from, from + UPDATE_BYTES), undefined, 'latin1');
      at += out.write(piece, at, 'latin1');
    }
    cipher.final();
    into.set(cipher.getAuthTag(), at);
    return at + TAG_BYTES - offset;
  }

  /** The plain bytes in pieces, or undefined where the tag does not match; no piece leaves before the tag is checked. */
  open(number: number, sealed: Uint8Array): Uint8Array[] | undefined {
    const length = sealed.length - TAG_BYTES;
    if (length < 0) return undefined;
    this.#select(number);
    const decipher = createDecipheriv(ALGORITHM, this.#key, this.#nonce, OPTIONS);
    decipher.setAAD(this.#aad);
    decipher.setAuthTag(sealed.subarray(length));
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < length; from += UPDATE_BYTES) {
      pieces.push(decipher.update(sealed.subarray(from, Math.min(from + UPDATE_BYTES, length))));
    }
    try {
      decipher.final();
    } catch {
      for (const piece of pieces) piece.fill(0);
      return undefined;
    }
    return pieces;
  }

  wipe(): void {
    this.#key.fill(0);
  }

  #select(number: number): void {
    this.#nonce.writeUInt32BE(number, NONCE_BYTES - 4);
    this.#aad.writeUInt32BE(number, this.#aad.length - 4);
  }
}
