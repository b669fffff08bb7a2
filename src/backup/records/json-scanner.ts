/** Values that lie in each other beyond this are refused: nobody writes them, and readers that recurse fall over them. */
export const JSON_DEPTH_MAX = 512;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const SMALL_U = 0x75;

/** What may stand behind a backslash, `u` apart. */
const ESCAPES = new Set('"\\/bfnrt'.split('').map((char) => char.charCodeAt(0)));
const LITERALS = ['true', 'false', 'null'].map((text) => Buffer.from(text));

/** Bytes that are not JSON. `offset` is where that shows. */
export class JsonError extends Error {
  readonly offset: number;

  constructor(problem: string, offset: number) {
    super(`${problem} at byte ${offset}`);
    this.name = 'JsonError';
    this.offset = offset;
  }
}

/** Told of each member of the object that is scanned itself, not of those inside its members: where its name and value begin. */
export type OnMember = (nameStart: number, nameEnd: number, valueStart: number) => void;

/** What the scanner looks for next. */
type Expected = 'value' | 'first' | 'name' | 'after' | 'string';

/**
 * Finds where one JSON value (RFC 8259) ends, byte by byte and without making anything of it, in as many steps as wanted. Strict: no
 * comments, no trailing commas, no other literals. That the bytes are UTF-8 is checked by `isUtf8` elsewhere. A member may stand in an object twice.
 */
export class JsonScanner {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #onMember: OnMember | undefined;
  /** The closing bytes of the values that are open. */
  readonly #open = new Uint8Array(JSON_DEPTH_MAX);
  #depth = 0;
  #expected: Expected = 'value';
  /** Where the open string began, and whether it is a member's name. */
  #from = 0;
  #isName = false;
  #done = false;
  /** Where the scanner is; behind the value once it has run to the end. */
  at: number;

  /** The value begins at `at`, or behind white space there; it ends before `end`. */
  constructor(bytes: Uint8Array, at: number, end: number, onMember?: OnMember) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
    this.#onMember = onMember;
  }

  /** Goes on for about `most` bytes; true once the value has ended. Throws `JsonError`. */
  run(most: number): boolean {
    const stop = Math.min(this.#end, this.at + most);
    while (!this.#done) {
      if (this.at >= stop) {
        if (this.at >= this.#end) throw new JsonError('JSON ends too early', this.at);
        return false;
      }
      this.#step(stop);
    }
    return true;
  }

  #step(stop: number): void {
    if (this.#expected === 'string') {
      this.#string(stop);
      return;
    }
    const byte = this.#bytes[this.at]!;
    if (isSpace(byte)) this.at++;
    else if (this.#expected === 'after') this.#after(byte);
    else if (this.#expected === 'first' && byte === this.#open[this.#depth - 1]) this.#close();
    else if (this.#expected === 'value' || this.#open[this.#depth - 1] === CLOSE_ARRAY) this.#value(byte);
    else this.#name(byte);
  }

  #value(byte: number): void {
    if (byte === QUOTE) this.#begin(false);
    else if (byte === OPEN_OBJECT) this.#enter(CLOSE_OBJECT);
    else if (byte === OPEN_ARRAY) this.#enter(CLOSE_ARRAY);
    else {
      this.at = byte === MINUS || isDigit(byte) ? numberEnd(this.#bytes, this.at, this.#end) : this.#literal();
      this.#ended();
    }
  }

  #enter(closing: number): void {
    if (this.#depth === JSON_DEPTH_MAX) {
      throw new JsonError(`JSON lies in itself more than ${JSON_DEPTH_MAX} times`, this.at);
    }
    this.#open[this.#depth++] = closing;
    this.at++;
    this.#expected = 'first';
  }

  #close(): void {
    this.#depth--;
    this.at++;
    this.#ended();
  }

  #ended(): void {
    this.#expected = 'after';
    this.#done = this.#depth === 0;
  }

  #after(byte: number): void {
    const closing = this.#open[this.#depth - 1];
    if (byte === closing) this.#close();
    else if (byte !== COMMA) throw unexpected(byte, this.at);
    else {
      this.at++;
      this.#expected = closing === CLOSE_ARRAY ? 'value' : 'name';
    }
  }

  #name(byte: number): void {
    if (byte !== QUOTE) throw unexpected(byte, this.at);
    this.#begin(true);
  }

  #begin(isName: boolean): void {
    this.#from = this.at++;
    this.#isName = isName;
    this.#expected = 'string';
  }

  #string(stop: number): void {
    const bytes = this.#bytes;
    let at = this.at;
    while (at < stop) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.at = at + 1;
        if (this.#isName) this.#colon();
        else this.#ended();
        return;
      }
      if (byte < 0x20) throw new JsonError('A control character in a JSON string', at);
      at = byte === BACKSLASH ? escapeEnd(bytes, at, this.#end) : at + 1;
    }
    this.at = at;
  }

  #colon(): void {
    const nameEnd = this.at;
    this.at = spaceEnd(this.#bytes, this.at, this.#end);
    const byte = this.#bytes[this.at];
    if (this.at >= this.#end || byte !== COLON) throw unexpected(byte, this.at);
    this.at = spaceEnd(this.#bytes, this.at + 1, this.#end);
    this.#expected = 'value';
    if (this.#depth === 1) this.#onMember?.(this.#from, nameEnd, this.at);
  }

  #literal(): number {
    for (const literal of LITERALS) {
      const end = this.at + literal.length;
      if (end <= this.#end && literal.every((byte, i) => byte === this.#bytes[this.at + i])) return end;
    }
    throw unexpected(this.#bytes[this.at], this.at);
  }
}

/** Where the value that begins at `at` ends, at once. Throws `JsonError`. */
export function valueEnd(bytes: Uint8Array, at: number, end: number, onMember?: OnMember): number {
  const scanner = new JsonScanner(bytes, at, end, onMember);
  scanner.run(Number.MAX_SAFE_INTEGER);
  return scanner.at;
}

/** Where white space that begins at `at` ends. */
export function spaceEnd(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end && isSpace(bytes[next]!)) next++;
  return next;
}

/** The error of a byte, or the end where it is undefined, that cannot stand there. */
export function unexpected(byte: number | undefined, at: number): JsonError {
  if (byte === undefined) return new JsonError('JSON ends too early', at);
  const shown = byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`;
  return new JsonError(`JSON does not go on with ${shown}`, at);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function escapeEnd(bytes: Uint8Array, at: number, end: number): number {
  const kind = at + 1 < end ? bytes[at + 1] : undefined;
  if (kind !== undefined && ESCAPES.has(kind)) return at + 2;
  if (kind !== SMALL_U)
    throw kind === undefined ? unexpected(kind, at + 1) : new JsonError('A wrong escape in a JSON string', at);
  for (let i = at + 2; i < at + 6; i++) {
    if (i >= end || !isHex(bytes[i])) throw new JsonError('A wrong escape in a JSON string', at);
  }
  return at + 6;
}

function numberEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  const first = at;
  at = digitsEnd(bytes, at, end);
  if (bytes[first] === 0x30 && at > first + 1) throw new JsonError('A JSON number begins with 0', first);
  if (at < end && bytes[at] === POINT) at = digitsEnd(bytes, at + 1, end);
  if (at < end && (bytes[at]! | 0x20) === 0x65) {
    const signed = at + 1 < end && (bytes[at + 1] === PLUS || bytes[at + 1] === MINUS);
    at = digitsEnd(bytes, at + (signed ? 2 : 1), end);
  }
  return at;
}

/** Where at least one digit ends. */
function digitsEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isDigit(bytes[at])) at++;
  if (at === from) throw unexpected(at < end ? bytes[at] : undefined, at);
  return at;
}
