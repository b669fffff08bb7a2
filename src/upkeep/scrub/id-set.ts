import { asBuffer } from '../../base/index.js';

const FIRST_SLOTS = 1024;
const WORDS = 2;

/**
 * A set of chunk ids in 16 to 32 bytes each. It keeps 64 bits of an id, which are as good as random: that one is taken for another
 * is less likely than a fault of the memory.
 */
export class IdSet {
  size = 0;
  #slots = new Uint32Array(FIRST_SLOTS * WORDS);

  /** False when it was there already. */
  add(id: Uint8Array): boolean {
    const bytes = asBuffer(id);
    // All zeros marks a free place.
    const low = bytes.readUInt32LE(0) || 1;
    const high = bytes.readUInt32LE(4);
    if (!this.#put(low, high)) return false;
    if (++this.size * 2 > this.#slots.length / WORDS) this.#grow();
    return true;
  }

  #put(low: number, high: number): boolean {
    const slots = this.#slots.length / WORDS;
    for (let slot = high % slots; ; slot = (slot + 1) % slots) {
      const at = slot * WORDS;
      if (this.#slots[at] === low && this.#slots[at + 1] === high) return false;
      if (this.#slots[at] !== 0) continue;
      this.#slots[at] = low;
      this.#slots[at + 1] = high;
      return true;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += WORDS) if (old[at] !== 0) this.#put(old[at]!, old[at + 1]!);
  }
}
