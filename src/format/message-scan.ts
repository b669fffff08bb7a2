import { isUtf8 } from 'node:buffer';
import { Cursor } from './cursor.js';

/** What a body may hold at most, docs/format.md §3. */
export const BODY_LIMITS = {
  depth: 8,
  strBytes: 64 * 1024,
  binBytes: 16 * 1024 * 1024,
  arrayLength: 1024 * 1024,
  mapLength: 64,
} as const;

/** Bytes of the length behind each of the three sizes of a type byte. */
function readLength(cursor: Cursor, size: number): number {
  let length = 0;
  for (let i = 0; i < 2 ** size; i++) length = length * 256 + cursor.u8();
  return length;
}

function checkLength(cursor: Cursor, length: number, most: number, what: string): number {
  if (length > most) throw cursor.fail(`${what} of ${length}, expected at most ${most}`);
  return length;
}

function scanText(cursor: Cursor, length: number): void {
  const bytes = cursor.take(checkLength(cursor, length, BODY_LIMITS.strBytes, 'a text'));
  if (!isUtf8(bytes)) throw cursor.fail('a text is not UTF-8');
}

function scanBinary(cursor: Cursor, length: number): void {
  cursor.take(checkLength(cursor, length, BODY_LIMITS.binBytes, 'a run of bytes'));
}

function scanKey(cursor: Cursor): void {
  const type = cursor.u8();
  if (type >= 0xa0 && type <= 0xbf) scanText(cursor, type & 0x1f);
  else if (type >= 0xd9 && type <= 0xdb) scanText(cursor, readLength(cursor, type - 0xd9));
  else throw cursor.fail('a key is not a text');
}

function scanArray(cursor: Cursor, length: number, depth: number): void {
  checkLength(cursor, length, Math.min(BODY_LIMITS.arrayLength, cursor.remaining), 'an array');
  for (let i = 0; i < length; i++) scanValue(cursor, depth + 1);
}

function scanMap(cursor: Cursor, length: number, depth: number): void {
  checkLength(cursor, length, BODY_LIMITS.mapLength, 'a map');
  for (let i = 0; i < length; i++) {
    scanKey(cursor);
    scanValue(cursor, depth + 1);
  }
}

function scanValue(cursor: Cursor, depth: number): void {
  if (depth > BODY_LIMITS.depth) throw cursor.fail(`it nests deeper than ${BODY_LIMITS.depth}`);
  const type = cursor.u8();
  if (type < 0x80 || type >= 0xe0) return;
  if (type < 0x90) scanMap(cursor, type & 0x0f, depth);
  else if (type < 0xa0) scanArray(cursor, type & 0x0f, depth);
  else if (type < 0xc0) scanText(cursor, type & 0x1f);
  else scanWide(cursor, type, depth);
}

function scanWide(cursor: Cursor, type: number, depth: number): void {
  if (type === 0xc0 || type === 0xc2 || type === 0xc3) return;
  if (type >= 0xc4 && type <= 0xc6) scanBinary(cursor, readLength(cursor, type - 0xc4));
  else if (type >= 0xcc && type <= 0xcf) cursor.take(2 ** (type - 0xcc));
  else if (type >= 0xd0 && type <= 0xd3) cursor.take(2 ** (type - 0xd0));
  else if (type >= 0xd9 && type <= 0xdb) scanText(cursor, readLength(cursor, type - 0xd9));
  else if (type === 0xdc || type === 0xdd) scanArray(cursor, readLength(cursor, type - 0xdb), depth);
  else if (type === 0xde || type === 0xdf) scanMap(cursor, readLength(cursor, type - 0xdd), depth);
  else throw cursor.fail(`type byte ${type.toString(16)} is not allowed (floats and extensions are not)`);
}

/**
 * Walks a MessagePack body without allocating: one value that fills `bytes`, complete, within the limits, without
 * floats or extensions, its texts valid and its keys texts. The decoder allocates arrays by their claimed length, so it
 * must only see bodies whose claims have been walked.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` naming `object`.
 */
export function scanBody(bytes: Uint8Array, object: string): void {
  const cursor = new Cursor(bytes, object);
  scanValue(cursor, 1);
  cursor.end();
}
