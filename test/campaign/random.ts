/** A small seeded generator (xorshift128, seeded by splitmix32): campaigns must replay exactly. Not for secrets. */
export class SeededRandom {
  readonly seed: number;
  #state: Uint32Array;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = new Uint32Array(4);
    let mixed = this.seed;
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let word = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      this.#state[i] = (word ^ (word >>> 15)) >>> 0 || 1;
    }
  }

  /** 0 … 2^32 − 1. */
  next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    let word = a ^ (a << 11);
    word = (word ^ (word >>> 8) ^ d ^ (d >>> 19)) >>> 0;
    this.#state.set([b, c, d, word]);
    return word;
  }

  /** A whole number, 0 ≤ n < `limit`. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new TypeError('Nothing to pick from.');
    return item;
  }

  chance(share: number): boolean {
    return this.next() / 2 ** 32 < share;
  }

  bytes(length: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let i = 0; i < words.length; i++) words[i] = this.next();
    return new Uint8Array(words.buffer, 0, length);
  }

  /** Bytes that compress: words of a small vocabulary. */
  text(length: number): Uint8Array {
    const words = ['alpha ', 'beta\n', 'gamma, ', 'delta. ', 'epsilon ', '0123456789 ', 'zeta; '];
    let text = '';
    while (text.length < length) text += this.pick(words);
    return Buffer.from(text.slice(0, length), 'latin1');
  }
}
