import type { Random } from '../base/index.js';
import { BOUND_BYTES, COMMITMENT_BYTES, checkContext, encodeHeader, type ObjectContext, SALT_BYTES } from './header.js';
import { deriveObjectKey } from './object-key.js';
import { SectionCipher, TAG_BYTES } from './section.js';

/** Section numbers of a pack that stand apart from its frames. docs/format.md §7. */
export const FOOTER_NUMBER = 2 ** 32 - 2;
export const TRAILER_NUMBER = 2 ** 32 - 1;
export const MAX_SECTION_NUMBER = TRAILER_NUMBER;

/** Seals the sections of one new object. */
export interface Sealer {
  /** The object's first 80 bytes. */
  readonly header: Uint8Array;
  /**
   * Seals `plain` as section `number` and writes ciphertext and tag, `plain.length + 16` bytes, to `into` from `offset`.
   * `plain` is read only and must not share memory with the written range. Numbers rise; footer and trailer may each be
   * used once, at any time. A number counts as used even if the call fails.
   *
   * @returns the bytes written.
   * @throws {TypeError} on a number used before or below the last one, after `close`, or when `into` is too small.
   */
  seal(number: number, plain: Uint8Array, into: Uint8Array, offset: number): number;
  /** Wipes the object's key; nothing can be sealed from then on. */
  close(): void;
}

/** Keeps a (key, nonce) pair from ever being used twice: numbers only rise. */
class NumberGuard {
  #next = 0;
  #footerUsed = false;
  #trailerUsed = false;

  take(number: number): void {
    if (number === FOOTER_NUMBER && !this.#footerUsed) this.#footerUsed = true;
    else if (number === TRAILER_NUMBER && !this.#trailerUsed) this.#trailerUsed = true;
    else if (Number.isInteger(number) && number >= this.#next && number < FOOTER_NUMBER) this.#next = number + 1;
    else throw new TypeError(`Cannot seal section ${number}: it is used, out of range, or below ${this.#next}.`);
  }
}

/**
 * Starts a new object with a fresh salt. `typeKey` is read now and not kept.
 *
 * @throws {TypeError} on a key, an id or a number out of range.
 */
export function createSealer(typeKey: Uint8Array, context: ObjectContext, random: Random): Sealer {
  checkContext(context);
  const salt = random.bytes(SALT_BYTES);
  const prefix = encodeHeader(context, salt, new Uint8Array(COMMITMENT_BYTES)).subarray(0, BOUND_BYTES);
  const { key, commitment, bound } = deriveObjectKey(typeKey, prefix, salt, context.vaultId, context.uid);
  const cipher = new SectionCipher(key, bound);
  const guard = new NumberGuard();
  let open = true;
  return {
    header: encodeHeader(context, salt, commitment),
    seal(number, plain, into, offset) {
      if (!open) throw new TypeError('Cannot seal: the sealer is closed.');
      if (!Number.isInteger(offset) || offset < 0 || into.length - offset < plain.length + TAG_BYTES) {
        throw new TypeError(`Cannot seal ${plain.length} bytes into ${into.length} from ${offset}.`);
      }
      guard.take(number);
      return cipher.seal(number, plain, into, offset);
    },
    close() {
      open = false;
      cipher.wipe();
    },
  };
}
