import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  MINUS,
  OPEN_ARRAY,
  OPEN_OBJECT,
  PLUS,
  POINT,
  QUOTE,
  SMALL_U,
} from '../../base/index.js';
/** Values that lie in each other beyond this are refused: nobody writes them, and readers that recurse fall over them. */
export const JSON_DEPTH_MAX = 512;

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

/** What the scanner looks for next: numbers, as they are compared at every token. */
const VALUE = 0;
/** A value, or the end of an array that is empty. */
const FIRST_VALUE = 1;
const NAME = 2;
/** A name, or the end of an object that is empty. */
const FIRST_NAME = 3;
const AFTER = 4;
const STRING = 5;

/**
 * Finds where one JSON value (RFC 8259) ends, byte by byte and without making anything of it, in as many steps as wanted. Strict: no
 * comments, no trailing commas, no other literals. That the bytes are UTF-8 is checked by `isUtf8` elsewhere. A member may stand in an object twice.
 */
export class JsonScanner {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #onMember: OnMember | undefined;
  /** The closing bytes of the values that are open. */
  readonly #open: number[] = [];
  #expected = VALUE;
  /** Where the open string began, and whether it is a member's name. */
  #from = 0;
  #isName = false;
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
    const bytes = this.#bytes;
    const end = this.#end;
    const open = this.#open;
    const stop = Math.min(end, this.at + most);
    // All that changes with every token, where that costs least.
    let { at } = this;
    let expected = this.#expected;
    while (at < stop && (expected !== AFTER || open.length > 0)) {
      if (expected === STRING) {
        at = stringEnd(bytes, at, stop, end);
        if (at >= stop || bytes[at] !== QUOTE) continue;
        at = this.#isName ? this.#member(at + 1) : at + 1;
        expected = this.#isName ? VALUE : AFTER;
        continue;
      }
      const byte = bytes[at]!;
      if (isSpace(byte)) {
        at++;
      } else if (expected === AFTER) {
        expected = this.#after(byte, at++);
      } else if (byte === QUOTE) {
        this.#isName = expected === NAME || expected === FIRST_NAME;
        this.#from = at++;
        expected = STRING;
      } else if (expected >= FIRST_VALUE) {
        // An empty object or array ends, or the array's first value comes.
        if (expected !== NAME && byte === open[open.length - 1]) expected = this.#after(byte, at++);
        else if (expected === FIRST_VALUE) expected = VALUE;
        else throw unexpected(byte, at);
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        expected = this.#enter(byte, at++);
      } else {
        at = byte === MINUS || isDigit(byte) ? numberEnd(bytes, at, end) : literalEnd(bytes, at, end);
        expected = AFTER;
      }
    }
    this.at = at;
    this.#expected = expected;
    const done = expected === AFTER && open.length === 0;
    if (!done && at >= end) throw new JsonError('JSON ends too early', at);
    return done;
  }

  #enter(byte: number, at: number): number {
    if (this.#open.length === JSON_DEPTH_MAX) {
      throw new JsonError(`JSON lies in itself more than ${JSON_DEPTH_MAX} times`, at);
    }
    this.#open.push(byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY);
    return byte === OPEN_OBJECT ? FIRST_NAME : FIRST_VALUE;
  }

  /** Takes what stands behind a value, or where there might be a first one. */
  #after(byte: number, at: number): number {
    const closing = this.#open[this.#open.length - 1];
    if (byte === closing) {
      this.#open.pop();
      return AFTER;
    }
    if (byte !== COMMA) throw unexpected(byte, at);
    return closing === CLOSE_ARRAY ? VALUE : NAME;
  }

  /** Takes what stands between a name and its value. Returns where the value begins. */
  #member(nameEnd: number): number {
    const colon = spaceEnd(this.#bytes, nameEnd, this.#end);
    const byte = colon < this.#end ? this.#bytes[colon] : undefined;
    if (byte !== COLON) throw unexpected(byte, colon);
    const valueStart = spaceEnd(this.#bytes, colon + 1, this.#end);
    if (this.#open.length === 1) this.#onMember?.(this.#from, nameEnd, valueStart);
    return valueStart;
  }
}

/** Where the string's closing quote is, or a place from `stop` on. */
function stringEnd(bytes: Uint8Array, from: number, stop: number, end: number): number {
  let at = from;
  while (at < stop) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at;
    if (byte < 0x20) throw new JsonError('A control character in a JSON string', at);
    at = byte === BACKSLASH ? escapeEnd(bytes, at, end) : at + 1;
  }
  return at;
}

function literalEnd(bytes: Uint8Array, at: number, end: number): number {
  for (const literal of LITERALS) {
    const next = at + literal.length;
    if (next <= end && literal.every((byte, i) => byte === bytes[at + i])) return next;
  }
  throw unexpected(bytes[at], at);
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
