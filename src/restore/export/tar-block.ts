import { asBuffer, utf8 } from '../../base/index.js';

export const TAR_BLOCK = 512;

/** Type flags of POSIX.1-2001, ustar and pax. */
export const TAR_TYPES = {
  file: '0',
  hardLink: '1',
  symlink: '2',
  charDevice: '3',
  blockDevice: '4',
  directory: '5',
  fifo: '6',
  pax: 'x',
} as const;
export type TarType = (typeof TAR_TYPES)[keyof typeof TAR_TYPES];

/** Room of the fields of a ustar header; what does not fit is said by a pax record in front. */
export const FIELD_BYTES = { name: 100, link: 100, owner: 31 } as const;
/** Seven and eleven octal digits. */
export const FIELD_MAX = { id: 0o7777777, size: 0o77777777777, time: 0o77777777777 } as const;

export interface TarBlock {
  readonly name: Uint8Array;
  readonly type: TarType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes that follow, padding not counted. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly link?: Uint8Array;
  readonly user?: Uint8Array;
  readonly group?: Uint8Array;
  readonly major?: number;
  readonly minor?: number;
}

const NONE = new Uint8Array(0);
const MAGIC = utf8('ustar\u000000');
const CHECKSUM = { at: 148, length: 8 } as const;

/** One header of 512 bytes. Fields that do not fit are cut or set to what is nearest. */
export function tarBlock(block: TarBlock): Uint8Array {
  const out = Buffer.alloc(TAR_BLOCK);
  putText(out, 0, FIELD_BYTES.name, block.name);
  putOctal(out, 100, 8, block.mode);
  putOctal(out, 108, 8, block.uid > FIELD_MAX.id ? 0 : block.uid);
  putOctal(out, 116, 8, block.gid > FIELD_MAX.id ? 0 : block.gid);
  putOctal(out, 124, 12, block.size > FIELD_MAX.size ? 0 : block.size);
  putOctal(out, 136, 12, Math.min(FIELD_MAX.time, Math.max(0, block.mtime)));
  out.fill(0x20, CHECKSUM.at, CHECKSUM.at + CHECKSUM.length);
  out[156] = block.type.charCodeAt(0);
  putText(out, 157, FIELD_BYTES.link, block.link ?? NONE);
  out.set(MAGIC, 257);
  putText(out, 265, FIELD_BYTES.owner, block.user ?? NONE);
  putText(out, 297, FIELD_BYTES.owner, block.group ?? NONE);
  putOctal(out, 329, 8, block.major ?? 0);
  putOctal(out, 337, 8, block.minor ?? 0);
  let sum = 0;
  for (const byte of out) sum += byte;
  out.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM.at, 'latin1');
  return out;
}

/** The zero bytes that fill the last block of `length` bytes. */
export function tarPadding(length: number): Uint8Array {
  return new Uint8Array((TAR_BLOCK - (length % TAR_BLOCK)) % TAR_BLOCK);
}

function putText(out: Buffer, at: number, length: number, text: Uint8Array): void {
  out.set(asBuffer(text).subarray(0, length), at);
}

function putOctal(out: Buffer, at: number, length: number, value: number): void {
  out.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
}
