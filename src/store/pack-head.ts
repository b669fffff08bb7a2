import { BitacoraError, concatBytes } from '../base/index.js';
import {
  createOpener,
  FOOTER_NUMBER,
  HEADER_BYTES,
  OBJECT_TYPES,
  type Opener,
  readHeader,
  TRAILER_NUMBER,
} from '../crypto/index.js';
import {
  decodeFooter,
  decodeTrailer,
  type Footer,
  type PackName,
  packName,
  TRAILER_SEALED_BYTES,
  uidOf,
} from '../format/index.js';
import type { CallOptions, ObjectReader } from '../storage/index.js';
import type { UserKeys } from './user-keys.js';

/** What has to be known of a pack to find chunks in it. */
export interface PackHead {
  /** Header and sealed footer, as on the backend. */
  readonly sealedHead: Uint8Array;
  readonly footer: Footer;
}

/** Packs up to this length are read in one piece. */
const WHOLE_BYTES_MAX = 64 * 1024;

/**
 * Reads and checks the head of a pack from the backend: header, footer and trailer; no frame.
 *
 * @param hash - The pack's name, 32 bytes.
 * @param length - Its length; asked for when left out.
 * @throws {BitacoraError} `OBJECT_MISSING`; `DATA_CORRUPT` naming the pack; `FORMAT_NEWER`; the backend's errors.
 */
export function readPackHead(
  backend: ObjectReader,
  keys: UserKeys,
  hash: Uint8Array,
  length?: number,
  options: CallOptions = {},
): Promise<PackHead> {
  const name = packName(uidOf(keys.uid), hash);
  return readHead(backend, name, (header) => openerOf(keys, header, name), length, options);
}

/** The same for whoever has the keys in another form. `openerFor` is given the pack's first 80 bytes. */
export async function readHead(
  backend: ObjectReader,
  name: PackName,
  openerFor: (header: Uint8Array) => Opener,
  length?: number,
  options: CallOptions = {},
): Promise<PackHead> {
  const packBytes = length ?? (await backend.stat(name, options))?.length;
  if (packBytes === undefined) {
    throw new BitacoraError('OBJECT_MISSING', `There is no pack "${name}".`, { details: { name, object: name } });
  }
  if (packBytes < HEADER_BYTES + TRAILER_SEALED_BYTES) {
    throw new BitacoraError('DATA_CORRUPT', `The pack "${name}" has ${packBytes} bytes, too few for a pack.`, {
      details: { object: name },
    });
  }
  const range = await reader(backend, name, packBytes, options);
  const trailerAt = packBytes - TRAILER_SEALED_BYTES;
  const [header, sealedTrailer] = await Promise.all([range(0, HEADER_BYTES), range(trailerAt, TRAILER_SEALED_BYTES)]);
  const opener = openerFor(header);
  try {
    const trailer = decodeTrailer(opener.open(TRAILER_NUMBER, sealedTrailer), packBytes, name);
    const sealedFooter = await range(trailer.footerOffset, trailer.footerSealedLength);
    const footer = decodeFooter(opener.open(FOOTER_NUMBER, sealedFooter), name, trailer);
    return { sealedHead: concatBytes([header, sealedFooter]), footer };
  } finally {
    opener.close();
  }
}

/** Opens the sealed head that the index keeps of a pack. Throws `DATA_CORRUPT` naming the pack. */
export function openPackHead(keys: UserKeys, hash: Uint8Array, sealedHead: Uint8Array): Footer {
  const name = packName(uidOf(keys.uid), hash);
  const opener = openerOf(keys, sealedHead, name);
  try {
    return decodeFooter(opener.open(FOOTER_NUMBER, sealedHead.subarray(HEADER_BYTES)), name);
  } finally {
    opener.close();
  }
}

function openerOf(keys: UserKeys, header: Uint8Array, name: string): Opener {
  const { generation, epoch } = readHeader(header, name);
  const { vaultId, uid } = keys;
  const key = keys.packKey(generation, epoch, name);
  return createOpener(key, header.subarray(0, HEADER_BYTES), { type: OBJECT_TYPES.pack, vaultId, uid, name });
}

type Range = (offset: number, length: number) => Promise<Uint8Array>;

async function reader(backend: ObjectReader, name: string, packBytes: number, options: CallOptions): Promise<Range> {
  if (packBytes > WHOLE_BYTES_MAX) return (offset, length) => backend.getRange(name, offset, length, options);
  const whole = await backend.getRange(name, 0, packBytes, options);
  return async (offset, length) => whole.subarray(offset, offset + length);
}
