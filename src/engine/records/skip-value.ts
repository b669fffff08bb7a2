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
import { JSON_DEPTH_MAX } from './json-scanner.js';
import { stringIs } from './record-id.js';

const ZERO = 0x30;
const SMALL_I = 0x69;
const SMALL_D = 0x64;
const SMALL_E = 0x65;

/** What a byte is: the loops ask one table instead of comparing. */
const SPACE = 1;
const DIGIT = 2;
const HEX = 4;
const ESCAPE = 8;
/** Ends the run of plain bytes in a string. */
const STOP = 16;
const KINDS = kinds();

/** `"id"`, and the same written with nothing but escapes. */
const ID_NAME_BYTES = 4;
const ID_NAME_BYTES_MOST = 14;

const VALUE = 0;
const FIRST_VALUE = 1;
const NAME = 2;
const FIRST_NAME = 3;
const AFTER = 4;

/** The closing bytes of the values that are open: nobody waits in the middle of a value. */
const open = new Uint8Array(JSON_DEPTH_MAX);

/** Where the members `id` of the object that was passed over last begin. */
export interface SeenIds {
  count: number;
  /** Of the last one. */
  valueStart: number;
}

/**
 * Where the JSON value that begins at `from` ends, as `JsonScanner` has it, at several times its speed; −1 where it has no end before `end`, or is
 * none: what is wrong with it, and where, the scanner says. `ids` is told of the members of the value itself that are called `id`.
 */
export function skipValue(bytes: Uint8Array, from: number, end: number, ids: SeenIds): number {
  ids.count = 0;
  let at = from;
  let depth = 0;
  let expected = VALUE;
  do {
    at = skipSpace(bytes, at, end);
    if (at >= end) return -1;
    const byte = bytes[at]!;
    if (expected === AFTER) {
      const closing = open[depth - 1]!;
      if (byte === closing) depth--;
      else if (byte !== COMMA) return -1;
      else expected = closing === CLOSE_ARRAY ? VALUE : NAME;
      at++;
    } else if (expected >= NAME) {
      if (byte === QUOTE) {
        const nameEnd = stringEnd(bytes, at + 1, end);
        const colon = nameEnd < 0 ? end : skipSpace(bytes, nameEnd, end);
        if (colon >= end || bytes[colon] !== COLON) return -1;
        const valueStart = skipSpace(bytes, colon + 1, end);
        if (depth === 1 && isId(bytes, at, nameEnd)) {
          ids.count++;
          ids.valueStart = valueStart;
        }
        at = valueStart;
        expected = VALUE;
      } else if (byte === CLOSE_OBJECT && expected === FIRST_NAME) {
        depth--;
        at++;
        expected = AFTER;
      } else {
        return -1;
      }
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (depth === JSON_DEPTH_MAX) return -1;
      open[depth++] = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
      expected = byte === OPEN_OBJECT ? FIRST_NAME : FIRST_VALUE;
      at++;
    } else if (byte === CLOSE_ARRAY && expected === FIRST_VALUE) {
      depth--;
      at++;
      expected = AFTER;
    } else {
      at = byte === QUOTE ? stringEnd(bytes, at + 1, end) : plainEnd(bytes, at, end, byte);
      if (at < 0) return -1;
      expected = AFTER;
    }
  } while (depth > 0 || expected !== AFTER);
  return at;
}

/** Where white space that begins at `from` ends. */
export function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (KINDS[bytes[at]!]! & SPACE) !== 0) at++;
  return at;
}

/** Behind the closing quote of a string whose characters begin at `from`; −1 where there is none, or the string is none. */
export function stringEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at]!;
    if ((KINDS[byte]! & STOP) === 0) {
      at++;
      continue;
    }
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH || at + 1 >= end) return -1;
    const kind = bytes[at + 1]!;
    if ((KINDS[kind]! & ESCAPE) !== 0) at += 2;
    else if (kind === SMALL_U && isHex(bytes, at + 2, end)) at += 6;
    else return -1;
  }
  return -1;
}

function isHex(bytes: Uint8Array, from: number, end: number): boolean {
  if (from + 4 > end) return false;
  for (let at = from; at < from + 4; at++) if ((KINDS[bytes[at]!]! & HEX) === 0) return false;
  return true;
}

/** The end of a number or a literal. */
function plainEnd(bytes: Uint8Array, from: number, end: number, first: number): number {
  if (first === MINUS || (KINDS[first]! & DIGIT) !== 0) return numberEnd(bytes, from, end);
  const word = first === 0x74 ? TRUE : first === 0x66 ? FALSE : first === 0x6e ? NULL : undefined;
  if (word === undefined || from + word.length > end) return -1;
  for (let i = 1; i < word.length; i++) if (bytes[from + i] !== word[i]) return -1;
  return from + word.length;
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

function numberEnd(bytes: Uint8Array, from: number, end: number): number {
  const first = bytes[from] === MINUS ? from + 1 : from;
  let at = digitsEnd(bytes, first, end);
  if (at === first || (bytes[first] === ZERO && at > first + 1)) return -1;
  if (at < end && bytes[at] === POINT) {
    const fraction = at + 1;
    at = digitsEnd(bytes, fraction, end);
    if (at === fraction) return -1;
  }
  if (at < end && (bytes[at]! | 0x20) === SMALL_E) {
    const signed = at + 1 < end && (bytes[at + 1] === PLUS || bytes[at + 1] === MINUS);
    const exponent = at + (signed ? 2 : 1);
    at = digitsEnd(bytes, exponent, end);
    if (at === exponent) return -1;
  }
  return at;
}

function digitsEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (KINDS[bytes[at]!]! & DIGIT) !== 0) at++;
  return at;
}

/** Whether a name, its quotes included, is `id`. */
function isId(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === ID_NAME_BYTES) return bytes[start + 1] === SMALL_I && bytes[start + 2] === SMALL_D;
  return (
    length > ID_NAME_BYTES &&
    length <= ID_NAME_BYTES_MOST &&
    hasEscape(bytes, start, end) &&
    stringIs(bytes, start, end, 'id')
  );
}

function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

function kinds(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (text: string, kind: number): void => {
    for (const char of text) table[char.charCodeAt(0)]! |= kind;
  };
  mark(' \t\n\r', SPACE);
  mark('0123456789', DIGIT | HEX);
  mark('abcdefABCDEF', HEX);
  mark('"\\/bfnrt', ESCAPE);
  mark('"\\', STOP);
  for (let byte = 0; byte < 0x20; byte++) table[byte]! |= STOP;
  return table;
}
