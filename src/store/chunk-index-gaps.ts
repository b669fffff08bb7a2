import { asBuffer } from '../base/index.js';
import { ID_BYTES } from './chunk-index-keys.js';
import { type EntryName, withChecksum, withoutChecksum } from './chunk-index-records.js';

/** A log entry that another one names, and that is not there. */
export interface LogGap {
  /** Its hash, 32 bytes. */
  readonly missing: Uint8Array;
  readonly namedBy: EntryName;
}

const GAP_BYTES = ID_BYTES + 8 + ID_BYTES;

export function encodeGaps(gaps: readonly LogGap[]): Uint8Array {
  const bytes = Buffer.alloc(gaps.length * GAP_BYTES);
  gaps.forEach(({ missing, namedBy }, i) => {
    bytes.set(missing, i * GAP_BYTES);
    bytes.writeBigUInt64BE(BigInt(namedBy.seq), i * GAP_BYTES + ID_BYTES);
    bytes.set(namedBy.hash, i * GAP_BYTES + ID_BYTES + 8);
  });
  return withChecksum(bytes);
}

/** Undefined if the bytes fail their checksum. */
export function decodeGaps(stored: Uint8Array): LogGap[] | undefined {
  const bytes = withoutChecksum(stored);
  if (!bytes || bytes.length % GAP_BYTES !== 0) return undefined;
  const gaps: LogGap[] = [];
  for (let at = 0; at < bytes.length; at += GAP_BYTES) {
    const seq = Number(asBuffer(bytes).readBigUInt64BE(at + ID_BYTES));
    const namedBy = { seq, hash: bytes.slice(at + ID_BYTES + 8, at + GAP_BYTES) };
    gaps.push({ missing: bytes.slice(at, at + ID_BYTES), namedBy });
  }
  return gaps;
}
