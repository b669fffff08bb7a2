import { asBuffer, utf8 } from '../base/index.js';
import { sha256 } from '../crypto/index.js';

/** 128 bits of an id's hash: so many that two ids do not share them, not even when somebody looks for such. */
const WORDS = 4;
const SLOTS_FIRST = 1024;
/** How many of each four slots may be taken. */
const FULL_QUARTERS = 3;

/** Hashes of ids, 16 bytes each, in the order in which they came. */
export class IdHashes {
  words = new Uint32Array(WORDS * 256);
  count = 0;

  add(id: string): void {
    if (this.words.length === this.count * WORDS) {
      const grown = new Uint32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    const { words } = this;
    const at = this.count++ * WORDS;
    const bytes = asBuffer(sha256(utf8(id)));
    for (let word = 0; word < WORDS; word++) words[at + word] = bytes.readUInt32LE(word * 4);
    // Free slots are those of four zeros.
    if (isFree(words, at)) words[at] = 1;
  }

  /** Forgets the last one. */
  drop(): void {
    this.count--;
  }
}

/** A set of ids that takes some 20 to 40 bytes for each, however long they are: a million are tens of megabytes. */
export class IdSet {
  #slots = new Uint32Array(SLOTS_FIRST * WORDS);
  #count = 0;

  /** Whether it holds the id whose hash came last. */
  hasLast({ words, count }: IdHashes): boolean {
    return this.#count > 0 && !isFree(this.#slots, find(this.#slots, words, (count - 1) * WORDS));
  }

  addAll({ words, count }: IdHashes): void {
    for (let i = 0; i < count; i++) {
      if ((this.#count + 1) * 4 > (this.#slots.length / WORDS) * FULL_QUARTERS) this.#grow();
      this.#add(words, i * WORDS);
    }
  }

  #add(words: Uint32Array, from: number): void {
    const at = find(this.#slots, words, from);
    if (!isFree(this.#slots, at)) return;
    for (let word = 0; word < WORDS; word++) this.#slots[at + word] = words[from + word]!;
    this.#count++;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#count = 0;
    for (let at = 0; at < old.length; at += WORDS) if (!isFree(old, at)) this.#add(old, at);
  }
}

/** The slot that holds the hash at `from`, or the free one where it belongs. */
function find(slots: Uint32Array, words: Uint32Array, from: number): number {
  const last = slots.length - 1;
  let at = (words[from]! * WORDS) & last & ~(WORDS - 1);
  while (!isFree(slots, at) && !isEqual(slots, at, words, from)) at = (at + WORDS) & last;
  return at;
}

function isFree(slots: Uint32Array, at: number): boolean {
  return (slots[at]! | slots[at + 1]! | slots[at + 2]! | slots[at + 3]!) === 0;
}

function isEqual(a: Uint32Array, at: number, b: Uint32Array, from: number): boolean {
  return a[at] === b[from] && a[at + 1] === b[from + 1] && a[at + 2] === b[from + 2] && a[at + 3] === b[from + 3];
}
