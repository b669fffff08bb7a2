import { asBuffer, type BitacoraError } from '../base/index.js';
import { corrupt } from './failure.js';
import { VARINT_BYTES_MAX } from './varint.js';

/**
 * Reads forward through bytes that nobody has checked. Every read is bounded by what is there; each failure is
 * `DATA_CORRUPT` with the object's name. Views that it hands out share the bytes' memory.
 */
export class Cursor {
  readonly #bytes: Buffer;
  readonly #object: string;
  #at = 0;

  /** `object` names what is read, for errors. */
  constructor(bytes: Uint8Array, object: string) {
    this.#bytes = asBuffer(bytes);
    this.#object = object;
  }

  get offset(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  fail(problem: string): BitacoraError {
    return corrupt(this.#object, `${problem} (at byte ${this.#at})`);
  }

  u8(): number {
    return this.#bytes[this.#advance(1)]!;
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  /** Eight bytes whose value must be below 2^53. */
  u53(): number {
    const high = this.u32();
    if (high >= 2 ** 21) throw this.fail('a number is 2^53 or more');
    return high * 2 ** 32 + this.u32();
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 1; count <= VARINT_BYTES_MAX; count++) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte >= 128) continue;
      if (byte === 0 && count > 1) throw this.fail('a number is not in its shortest form');
      if (value > Number.MAX_SAFE_INTEGER) throw this.fail('a number is 2^53 or more');
      return value;
    }
    throw this.fail(`a number is longer than ${VARINT_BYTES_MAX} bytes`);
  }

  /** A varint from `least` to `most`; `what` names it in the error. */
  varintIn(least: number, most: number, what: string): number {
    const value = this.varint();
    if (value < least || value > most) throw this.fail(`${what} is ${value}, expected ${least} to ${most}`);
    return value;
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    const from = this.#advance(length);
    return this.#bytes.subarray(from, from + length);
  }

  zeros(length: number): void {
    for (const byte of this.take(length)) {
      if (byte !== 0) throw this.fail('reserved bytes are not zero');
    }
  }

  end(): void {
    if (this.remaining !== 0) throw this.fail(`${this.remaining} bytes are left over`);
  }

  #advance(length: number): number {
    if (!(length <= this.remaining)) throw this.fail(`it ends ${length - this.remaining} bytes too early`);
    const from = this.#at;
    this.#at += length;
    return from;
  }
}
