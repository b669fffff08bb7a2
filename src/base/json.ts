import { asBuffer, decodeUtf8, printable } from './bytes.js';

/** Characters that JSON allows in a string but a terminal may act upon; U+2028 and U+2029 besides. */
const ESCAPED = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON that is safe to show on a terminal. Bytes are not expected in it; see `pathFields`. */
export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent);
  return text.replace(ESCAPED, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * A name or path of bytes as JSON: `{ path }` where it is UTF-8; else `path` is a form to read, with `\xNN` for the stray
 * bytes, and `path_b64` says it exactly.
 */
export function pathFields<Key extends string>(
  key: Key,
  bytes: Uint8Array,
): Record<Key, string> & Partial<Record<`${Key}_b64`, string>>;
export function pathFields(key: string, bytes: Uint8Array): Record<string, string> {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return { [key]: text };
  return { [key]: printable(bytes), [`${key}_b64`]: asBuffer(bytes).toString('base64') };
}
