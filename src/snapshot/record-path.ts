import { toHex, utf8 } from '../base/index.js';
import { sha256 } from '../crypto/index.js';
import type { CollectionShape } from '../format/index.js';

const RECORDS_DIRECTORY = '/_records/';
const ENCODED_BYTES_MOST = 200;
const CUT_BYTES = 180;

/**
 * A text as the name of a file: letters, digits and `._@+:-` as they are, save a dot in front; every other byte of its UTF-8 as `%XX`.
 * What is longer than 200 bytes then ends behind 180 with `~` and 16 hex digits of the text's SHA-256. Equal names mean equal texts.
 */
export function recordFileName(text: string): string {
  const parts: string[] = [];
  for (const [i, byte] of utf8(text).entries()) {
    const char = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9_@+:-]/.test(char) || (char === '.' && i > 0);
    parts.push(plain ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`);
  }
  const name = parts.join('');
  if (name.length <= ENCODED_BYTES_MOST) return name;
  let cut = '';
  for (const part of parts) {
    if (cut.length + part.length > CUT_BYTES) break;
    cut += part;
  }
  return `${cut}~${toHex(sha256(utf8(text))).slice(0, 16)}`;
}

/** The directory that a scope's records go to, below a restore's target. */
export function recordsPath(scope: string): string {
  return RECORDS_DIRECTORY + recordFileName(scope);
}

/** What a collection's file is called there. */
export function collectionFile(collection: string, shape: CollectionShape): string {
  return `${recordFileName(collection)}.${shape === 'list' ? 'ndjson' : 'json'}`;
}
