import { concatBytes } from '../base/index.js';
import { sameBytes } from './digest.js';
import { checkOwner, corruptObject, readHeader } from './header.js';
import { deriveObjectKey } from './object-key.js';
import { MAX_SECTION_NUMBER } from './sealer.js';
import { SectionCipher, TAG_BYTES } from './section.js';

/** What the reader knows of the object without asking the object. */
export interface ExpectedObject {
  readonly type: number;
  readonly vaultId: Uint8Array;
  readonly uid: Uint8Array;
  /** The object's name, for errors. */
  readonly name?: string;
}

/** Opens the sections of one object whose key and header are proved to belong together. */
export interface Opener {
  readonly generation: number;
  readonly epoch: number;
  /**
   * Opens section `number` from `sealed`, ciphertext ‖ tag. Nothing is returned or written before the tag is checked.
   *
   * @returns the plain bytes in memory of the caller's own.
   * @throws {BitacoraError} `DATA_CORRUPT` when the section is damaged, moved or not of this object.
   */
  open(number: number, sealed: Uint8Array): Uint8Array;
  /** The same into `into` from `offset`, which may lie in `sealed` itself; returns the bytes written, `sealed.length - 16`. */
  open(number: number, sealed: Uint8Array, into: Uint8Array, offset: number): number;
  /** Wipes the object's key; nothing can be opened from then on. */
  close(): void;
}

/**
 * Checks that `header`, the first 80 bytes of an object (more may follow), belongs to `typeKey` and to what is expected.
 * The commitment is compared in constant time before anything is decrypted. `typeKey` is read now and not kept.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` with `details.reason` "commitment" (a wrong key, another vault or user, or a damaged
 * header), "type", "magic" or "short"; `FORMAT_NEWER`.
 */
export function createOpener(typeKey: Uint8Array, header: Uint8Array, expected: ExpectedObject): Opener {
  const object = expected.name ?? 'a sealed object';
  checkOwner(expected.vaultId, expected.uid);
  const { type, generation, epoch, salt, commitment } = readHeader(header, object);
  if (type !== expected.type) {
    throw corruptObject(object, 'type', `its type is ${type}, expected ${expected.type}`);
  }
  const derived = deriveObjectKey(typeKey, header, salt, expected.vaultId, expected.uid);
  if (!sameBytes(derived.commitment, commitment)) {
    derived.key.fill(0);
    throw corruptObject(object, 'commitment', 'its header does not belong to this key, vault and user, or is damaged');
  }
  return new SectionOpener(object, generation, epoch, new SectionCipher(derived.key, derived.bound));
}

class SectionOpener implements Opener {
  readonly generation: number;
  readonly epoch: number;
  readonly #object: string;
  readonly #cipher: SectionCipher;
  #open = true;

  constructor(object: string, generation: number, epoch: number, cipher: SectionCipher) {
    this.#object = object;
    this.generation = generation;
    this.epoch = epoch;
    this.#cipher = cipher;
  }

  open(number: number, sealed: Uint8Array): Uint8Array;
  open(number: number, sealed: Uint8Array, into: Uint8Array, offset: number): number;
  open(number: number, sealed: Uint8Array, into?: Uint8Array, offset = 0): Uint8Array | number {
    if (into === undefined) {
      const pieces = this.#pieces(number, sealed);
      return pieces.length === 1 ? pieces[0]! : concatBytes(pieces);
    }
    const length = Math.max(0, sealed.length - TAG_BYTES);
    if (!Number.isInteger(offset) || offset < 0 || into.length - offset < length) {
      throw new TypeError(`Cannot open ${length} bytes into ${into.length} from ${offset}.`);
    }
    let at = offset;
    for (const piece of this.#pieces(number, sealed)) {
      into.set(piece, at);
      at += piece.length;
    }
    return length;
  }

  close(): void {
    this.#open = false;
    this.#cipher.wipe();
  }

  #pieces(number: number, sealed: Uint8Array): Uint8Array[] {
    if (!this.#open) throw new TypeError('Cannot open a section: the opener is closed.');
    if (!Number.isInteger(number) || number < 0 || number > MAX_SECTION_NUMBER) {
      throw new TypeError(`Not a section number: ${number}.`);
    }
    const pieces = this.#cipher.open(number, sealed);
    if (pieces) return pieces;
    throw corruptObject(this.#object, 'tag', `section ${number} of ${sealed.length} bytes fails its check`);
  }
}
