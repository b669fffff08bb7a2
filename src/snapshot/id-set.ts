import { utf8 } from '../base/index.js';
import { sha256 } from '../crypto/index.js';

/** 128 bits of an id's hash: so many that two ids do not share them, not even when somebody looks for such. */
const WORDS = 4;
const SLOTS_FIRST = 1024;
/** How many of each four slots may be taken. */
const FULL_QUARTERS = 3;

/** Hashes of ids, 16 bytes each, in the order in which they came. */
export class IdHashes {
  #words = new Uint32Array(WORDS * 256);
  count = 0;

  add(id: string): void {
    if (this.#words.length === this.count * WORDS) {
      const grown = new Uint32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
    }
    hashInto(id, this.#words, this.count++ * WORDS);
  }

  words(index: number): Uint32Array {
    return this.#words.subarray(index * WORDS, (index + 1) * WORDS);
  }
}

/** A set of ids that takes some 20 to 40 bytes for each, however long they are: a million are tens of megabytes. */
export class IdSet {
  #slots = new Uint32Array(SLOTS_FIRST * WORDS);
  #count = 0;
  readonly #asked = new Uint32Array(WORDS);

  has(id: string): boolean {
    if (this.#count === 0) return false;
    hashInto(id, this.#asked, 0);
    return isTaken(this.#slots, find(this.#slots, this.#asked));
  }

  addAll(hashes: IdHashes): void {
    for (let i = 0; i < hashes.count; i++) {
      if ((this.#count + 1) * 4 > (this.#slots.length / WORDS) * FULL_QUARTERS) this.#grow();
      this.#add(hashes.words(i));
    }
  }

  #add(words: Uint32Array): void {
    const at = find(this.#slots, words);
    if (isTaken(this.#slots, at)) return;
    this.#slots.set(words, at);
    this.#count++;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#count = 0;
    for (let at = 0; at < old.length; at += WORDS) if (isTaken(old, at)) this.#add(old.subarray(at, at + WORDS));
  }
}

/** The slot that holds the hash, or the free one where it belongs. */
function find(slots: Uint32Array, words: Uint32Array): number {
  const mask = slots.length - 1;
  let at = (words[0]! * WORDS) & mask & ~(WORDS - 1);
  while (isTaken(slots, at) && !isEqual(slots, at, words)) at = (at + WORDS) & mask;
  return at;
}

function isTaken(slots: Uint32Array, at: number): boolean {
  return (slots[at]! | slots[at + 1]! | slots[at + 2]! | slots[at + 3]!) !== 0;
}

function isEqual(slots: Uint32Array, at: number, words: Uint32Array): boolean {
  return (
    slots[at] === words[0] && slots[at + 1] === words[1] && slots[at + 2] === words[2] && slots[at + 3] === words[3]
  );
}

function hashInto(id: string, into: Uint32Array, at: number): void {
  const bytes = sha256(utf8(id));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let word = 0; word < WORDS; word++) into[at + word] = view.getUint32(word * 4);
  // Free slots are those of four zeros.
  if (!isTaken(into, at)) into[at] = 1;
}
