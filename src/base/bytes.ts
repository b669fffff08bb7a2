/** memcmp order: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

export function toHex(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('hex');
}

/** Throws `RangeError` on anything that is not an even run of hex digits. */
export function fromHex(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'hex');
  if (bytes.length * 2 !== text.length) throw new RangeError(`Not hexadecimal: "${text}".`);
  return bytes;
}

export function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

/** A `Buffer` over the same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Decodes UTF-8, or undefined where the bytes are not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const text = asBuffer(bytes).toString('utf8');
  return text.includes('�') && !equalBytes(utf8(text), bytes) ? undefined : text;
}

/** What could drive a terminal or reorder what it shows: controls (C0, DEL, C1), line separators, marks of direction. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not reach a terminal.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text that is safe on a terminal: control characters become `\xNN`, others that mislead `\uNNNN`. */
export function printableText(text: string): string {
  return text.replace(UNPRINTABLE, (c) => {
    const code = c.charCodeAt(0);
    return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** A printable form of a name that may not be UTF-8: invalid bytes become `\xNN`. */
export function printable(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return printableText(text);
  let out = '';
  for (const byte of bytes) {
    out += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return out;
}
