import { asBuffer, utf8 } from '../../base/index.js';
import { TAR_TYPES, tarBlock, tarPadding } from './tar-block.js';

/** The records that say of the next entry what its own header has no room for. */
export class PaxRecords {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** `value` may be any bytes; no value is text in a charset to be converted unless it is ASCII or UTF-8. */
  add(key: string | Uint8Array, value: string | Uint8Array): void {
    const bytes = typeof value === 'string' ? utf8(value) : value;
    const rest = Buffer.concat([utf8(' '), typeof key === 'string' ? utf8(key) : key, utf8('=')]);
    const record = Buffer.concat([utf8(lengthText(rest.length + bytes.length + 1)), rest, bytes, utf8('\n')]);
    this.#parts.push(record);
    this.#length += record.length;
  }

  /** The extended header in front of an entry called `name`: header, records, padding. Empty where there are none. */
  encode(name: Uint8Array): Uint8Array {
    if (this.#length === 0) return new Uint8Array(0);
    const label = Buffer.concat([utf8('PaxHeaders/'), asBuffer(name).subarray(0, 80)]);
    const block = { name: label, type: TAR_TYPES.pax, mode: 0o644, uid: 0, gid: 0, size: this.#length, mtime: 0 };
    return Buffer.concat([tarBlock(block), ...this.#parts, tarPadding(this.#length)]);
  }
}

/** A record begins with its own length, those digits included. */
function lengthText(rest: number): string {
  let total = rest + 1;
  while (String(total).length + rest !== total) total = String(total).length + rest;
  return String(total);
}
