import type { BitacoraError } from '../base/index.js';
import { corrupt, newer } from './failure.js';

/**
 * The members of one decoded map, each asked for by name and type; `end` refuses what nobody asked for. Only own members
 * count, so that nothing is ever taken from a prototype.
 */
export class Fields {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #object: string;
  readonly #path: string;
  readonly #asked = new Set<string>();

  /** `object` is the object's name and `path` the place of the map in it, for errors. */
  constructor(value: unknown, object: string, path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
      throw corrupt(object, `${path || 'its body'} is not a map`);
    }
    this.#members = value as Record<string, unknown>;
    this.#object = object;
    this.#path = path;
  }

  get object(): string {
    return this.#object;
  }

  fail(key: string, expected: string): BitacoraError {
    return corrupt(this.#object, `"${this.#path}${key}" is not ${expected}`);
  }

  /** Whether there is such a member; what `end` refuses is not changed by asking. */
  has(key: string): boolean {
    return Object.hasOwn(this.#members, key);
  }

  /** A whole number from `least` to `most`. */
  int(key: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.#get(key);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw this.fail(key, `a whole number from ${least} to ${most}`);
  }

  flag(key: string): boolean {
    const value = this.#get(key);
    if (typeof value === 'boolean') return value;
    throw this.fail(key, 'true or false');
  }

  text(key: string): string {
    const value = this.#get(key);
    if (typeof value === 'string') return value;
    throw this.fail(key, 'a text');
  }

  textOrNil(key: string): string | null {
    return this.#get(key) === null ? null : this.text(key);
  }

  /** One of `words`; another one is for a newer version to understand. */
  word<const T extends string>(key: string, words: readonly T[]): T {
    const value = this.text(key);
    const known = words.find((word) => word === value);
    if (known !== undefined) return known;
    throw newer(
      this.#object,
      `"${this.#path}${key}" is ${JSON.stringify(value)}, and this version knows ${words.join(', ')}`,
    );
  }

  /** A run of bytes, of exactly `length` when given. */
  bytes(key: string, length?: number): Uint8Array {
    return this.#checkBytes(key, this.#get(key), length);
  }

  bytesOrNil(key: string, length?: number): Uint8Array | null {
    return this.#get(key) === null ? null : this.bytes(key, length);
  }

  map(key: string): Fields {
    return new Fields(this.#get(key), this.#object, `${this.#path}${key}.`);
  }

  maps<T>(key: string, read: (fields: Fields) => T): T[] {
    return this.#array(key).map((value, at) => read(new Fields(value, this.#object, `${this.#path}${key}.${at}.`)));
  }

  texts(key: string): string[] {
    return this.#array(key).map((value) => {
      if (typeof value === 'string') return value;
      throw this.fail(key, 'an array of texts');
    });
  }

  /** Runs of `length` bytes each. */
  bytesList(key: string, length: number): Uint8Array[] {
    return this.#array(key).map((value) => this.#checkBytes(key, value, length));
  }

  /** An array of whole numbers below 2^53. */
  ints(key: string): number[] {
    return this.#array(key).map((value) => this.#checkInt(key, value));
  }

  /** An array of arrays of whole numbers below 2^53. */
  intLists(key: string): number[][] {
    return this.#array(key).map((value) => {
      if (!Array.isArray(value)) throw this.fail(key, 'an array of arrays');
      return value.map((inner) => this.#checkInt(key, inner));
    });
  }

  /** Refuses members that were not asked for: only a newer version can have written them. */
  end(): void {
    const unknown = Object.keys(this.#members).find((key) => !this.#asked.has(key));
    if (unknown !== undefined) {
      throw newer(
        this.#object,
        `it has a member ${JSON.stringify(this.#path + unknown)} that this version does not know`,
      );
    }
  }

  #get(key: string): unknown {
    this.#asked.add(key);
    if (!Object.hasOwn(this.#members, key)) throw this.fail(key, 'there');
    return this.#members[key];
  }

  #array(key: string): readonly unknown[] {
    const value = this.#get(key);
    if (Array.isArray(value)) return value;
    throw this.fail(key, 'an array');
  }

  #checkInt(key: string, value: unknown): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.fail(key, 'an array of whole numbers');
  }

  #checkBytes(key: string, value: unknown, length?: number): Uint8Array {
    if (value instanceof Uint8Array && (length === undefined || value.length === length)) return value;
    throw this.fail(key, length === undefined ? 'a run of bytes' : `a run of ${length} bytes`);
  }
}
