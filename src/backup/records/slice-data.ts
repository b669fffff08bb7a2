import { isUtf8 } from 'node:buffer';
import {
  BitacoraError,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  Slices,
} from '../../base/index.js';
import { JsonError, JsonScanner, spaceEnd, stringAt, unexpected, valueEnd } from '../../engine/index.js';
import type { RecordPart } from './record-source.js';

/** Parts handed out together. */
const PARTS_AT_ONCE = 256;
/** Bytes scanned in one go. */
const STEP_BYTES = 2 ** 20;

/**
 * The collections and records of a JSON object such as `{"actions":[…],"user_config":{…}}`, each as the slice of `json` that it is. A
 * member whose value is an array is a list of records, another a value. A name may stand there once.
 *
 * @throws {BitacoraError} `USAGE` where the bytes are no such object.
 */
export async function* sliceData(json: Uint8Array): AsyncGenerator<readonly RecordPart[]> {
  try {
    if (!isUtf8(json)) throw new JsonError('It is not UTF-8, which shows', 0);
    yield* new DataSlicer(json).run();
  } catch (error) {
    if (error instanceof JsonError) throw new BitacoraError('USAGE', `The records are no JSON: ${error.message}.`);
    throw error;
  }
}

class DataSlicer {
  readonly #json: Uint8Array;
  readonly #slices = new Slices();
  readonly #names = new Set<string>();
  #parts: RecordPart[] = [];
  #at = 0;

  constructor(json: Uint8Array) {
    this.#json = json;
  }

  async *run(): AsyncGenerator<readonly RecordPart[]> {
    this.#space();
    if (this.#byte() !== OPEN_OBJECT) {
      throw new BitacoraError('USAGE', 'The records are a JSON object with a member for each collection.');
    }
    this.#at++;
    this.#space();
    if (this.#byte() === CLOSE_OBJECT) this.#at++;
    else yield* this.#members();
    this.#space();
    if (this.#at < this.#json.length) throw unexpected(this.#byte(), this.#at);
    if (this.#parts.length > 0) yield this.#take();
  }

  async *#members(): AsyncGenerator<readonly RecordPart[]> {
    for (let more = true; more; more = this.#goesOn(CLOSE_OBJECT)) {
      this.#space();
      const collection = this.#name();
      this.#expect(COLON);
      this.#space();
      if (this.#byte() === OPEN_ARRAY) yield* this.#list(collection);
      else this.#parts.push({ collection, shape: 'value', json: await this.#value() });
    }
  }

  async *#list(collection: string): AsyncGenerator<readonly RecordPart[]> {
    this.#at++;
    this.#space();
    this.#parts.push({ collection, shape: 'list', json: undefined });
    if (this.#byte() === CLOSE_ARRAY) {
      this.#at++;
      return;
    }
    for (let more = true; more; more = this.#goesOn(CLOSE_ARRAY)) {
      this.#space();
      this.#parts.push({ collection, shape: 'list', json: await this.#value() });
      if (this.#parts.length >= PARTS_AT_ONCE) yield this.#take();
    }
  }

  #take(): readonly RecordPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  async #value(): Promise<Uint8Array> {
    const from = this.#at;
    const scanner = new JsonScanner(this.#json, from, this.#json.length);
    while (!scanner.run(STEP_BYTES)) if (this.#slices.over) await this.#slices.next();
    this.#at = scanner.at;
    if (this.#slices.over) await this.#slices.next();
    return this.#json.subarray(from, this.#at);
  }

  #name(): string {
    if (this.#byte() !== QUOTE) throw unexpected(this.#byte(), this.#at);
    const from = this.#at;
    this.#at = valueEnd(this.#json, from, this.#json.length);
    const name = stringAt(this.#json, from, this.#at);
    if (!this.#names.has(name)) {
      this.#names.add(name);
      return name;
    }
    const message = `The collection "${name.slice(0, 64)}" stands in the records twice.`;
    throw new BitacoraError('USAGE', message, { details: { collection: name.slice(0, 64) } });
  }

  /** Whether a comma follows; otherwise what closes must. */
  #goesOn(closing: number): boolean {
    this.#space();
    const byte = this.#byte();
    if (byte !== COMMA && byte !== closing) throw unexpected(byte, this.#at);
    this.#at++;
    return byte === COMMA;
  }

  #expect(byte: number): void {
    this.#space();
    if (this.#byte() !== byte) throw unexpected(this.#byte(), this.#at);
    this.#at++;
  }

  #byte(): number | undefined {
    return this.#json[this.#at];
  }

  #space(): void {
    this.#at = spaceEnd(this.#json, this.#at, this.#json.length);
  }
}
