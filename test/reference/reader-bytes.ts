import { createHash, createHmac, hkdfSync } from 'node:crypto';

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

export const hmac = (key: Uint8Array, bytes: Uint8Array): Buffer => createHmac('sha256', key).update(bytes).digest();

export function hkdf(ikm: Uint8Array, salt: Uint8Array, info: string, length: number, ...more: Uint8Array[]): Buffer {
  return Buffer.from(hkdfSync('sha256', ikm, salt, Buffer.concat([Buffer.from(info), ...more]), length));
}

export function ensure(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** Reads numbers and runs of bytes one after another, and never past the end. */
export class Cursor {
  readonly #bytes: Buffer;
  readonly #what: string;
  #offset = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#what = what;
  }

  take(length: number): Buffer {
    ensure(length <= this.#bytes.length - this.#offset, `${this.#what} ends too early`);
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  rest = (): Buffer => this.take(this.#bytes.length - this.#offset);
  u8 = (): number => this.take(1).readUInt8();
  u32 = (): number => this.take(4).readUInt32BE();
  u64 = (): bigint => this.take(8).readBigUInt64BE();
  /** Bytes behind their length. */
  run = (): Buffer => this.take(this.varint());

  varint(): number {
    let value = 0;
    for (let place = 0; place < 8; place++) {
      const byte = this.u8();
      value += (byte & 127) * 2 ** (7 * place);
      if (byte > 127) continue;
      ensure((byte > 0 || place === 0) && Number.isSafeInteger(value), `${this.#what} has a number out of form`);
      return value;
    }
    throw new Error(`${this.#what} has a number that is too long`);
  }

  /** What `read` makes of each of the things that a count announces. */
  many<T>(read: () => T): T[] {
    return Array.from({ length: this.varint() }, read);
  }

  end(): void {
    ensure(this.#offset === this.#bytes.length, `${this.#what} has bytes left over`);
  }
}
