import { asBuffer } from '../base/index.js';
import { writeVarint } from '../format/index.js';
import { ID_BYTES } from './chunk-index-keys.js';

/** Where a chunk is: the pack by the index's own number, the frame in it, the place in the frame. */
export interface ChunkLocation {
  readonly pack: number;
  readonly frame: number;
  readonly position: number;
}

/** A log entry by the two parts of its name. */
export interface EntryName {
  readonly seq: number;
  /** SHA-256 of the entry's sealed bytes. */
  readonly hash: Uint8Array;
}

/** What the index of one user holds. Stored in the same batch as whatever changes it. */
export interface IndexMark {
  /** The heads of the log as far as it is applied. */
  readonly applied: readonly EntryName[];
  readonly entries: number;
  readonly packs: number;
  /** Chunk places of all packs; a chunk that lies in two packs counts twice. */
  readonly chunks: number;
  /** False until everything on the backend has been read once: before the first use, and while a rebuild runs. */
  readonly complete: boolean;
  /**
   * A pack that snapshots need was found damaged or gone when the log ended with this number; 0 if none was. What snapshots up to
   * there name may not be in the vault.
   */
  readonly suspectTo: number;
}

export interface StoredMark extends IndexMark {
  readonly nextOrdinal: number;
}

export const EMPTY_MARK: StoredMark = {
  applied: [],
  entries: 0,
  packs: 0,
  chunks: 0,
  complete: false,
  suspectTo: 0,
  nextOrdinal: 0,
};

/** The highest number among heads of the log. */
export function lastOf(heads: readonly EntryName[]): number {
  return Math.max(0, ...heads.map(({ seq }) => seq));
}

const MARK_FIXED_BYTES = 41;
const HEAD_BYTES = 8 + ID_BYTES;
export const LOCATION_BYTES_MAX = 15;

/** Writes a location as three varints; returns the offset behind it. */
export function writeLocation(pack: number, frame: number, position: number, into: Uint8Array): number {
  return writeVarint(into, writeVarint(into, writeVarint(into, 0, pack), frame), position);
}

/** Undefined unless `bytes` are exactly a location. */
export function readLocation(bytes: Uint8Array): ChunkLocation | undefined {
  const numbers = [0, 0, 0];
  let at = 0;
  for (let i = 0; i < 3; i++) {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) return undefined;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7;
    }
    numbers[i] = value >>> 0;
  }
  if (at !== bytes.length) return undefined;
  return { pack: numbers[0]!, frame: numbers[1]!, position: numbers[2]! };
}

export function encodeMark(mark: StoredMark): Uint8Array {
  const bytes = Buffer.alloc(MARK_FIXED_BYTES + mark.applied.length * HEAD_BYTES);
  bytes[0] = mark.complete ? 1 : 0;
  [mark.entries, mark.packs, mark.chunks, mark.nextOrdinal, mark.suspectTo].forEach((count, i) => {
    bytes.writeBigUInt64BE(BigInt(count), 1 + i * 8);
  });
  mark.applied.forEach((head, i) => {
    bytes.writeBigUInt64BE(BigInt(head.seq), MARK_FIXED_BYTES + i * HEAD_BYTES);
    bytes.set(head.hash, MARK_FIXED_BYTES + i * HEAD_BYTES + 8);
  });
  return withChecksum(bytes);
}

/** Undefined if the bytes are no mark or fail their checksum. */
export function decodeMark(stored: Uint8Array): StoredMark | undefined {
  const checked = withoutChecksum(stored);
  if (!checked || checked.length < MARK_FIXED_BYTES || (checked.length - MARK_FIXED_BYTES) % HEAD_BYTES !== 0) {
    return undefined;
  }
  const bytes = asBuffer(checked);
  const number = (offset: number) => Number(bytes.readBigUInt64BE(offset));
  const applied: EntryName[] = [];
  for (let at = MARK_FIXED_BYTES; at < bytes.length; at += HEAD_BYTES) {
    applied.push({ seq: number(at), hash: new Uint8Array(bytes.subarray(at + 8, at + HEAD_BYTES)) });
  }
  const [entries, packs, chunks, nextOrdinal] = [number(1), number(9), number(17), number(25)];
  return { applied, entries, packs, chunks, complete: bytes[0] === 1, suspectTo: number(33), nextOrdinal };
}

/** LevelDB does not check what it reads: what is not sealed carries a checksum (FNV-1a) of its own. */
export function withChecksum(bytes: Uint8Array): Uint8Array {
  const out = Buffer.alloc(bytes.length + 4);
  out.set(bytes);
  out.writeUInt32BE(checksum(bytes), bytes.length);
  return out;
}

export function withoutChecksum(stored: Uint8Array): Uint8Array | undefined {
  if (stored.length < 4) return undefined;
  const bytes = stored.subarray(0, stored.length - 4);
  return asBuffer(stored).readUInt32BE(bytes.length) === checksum(bytes) ? bytes : undefined;
}

function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
