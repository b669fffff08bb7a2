import { asBuffer } from '../base/index.js';

/**
 * Keys of the index. One database serves all users; whatever belongs to one starts with the user's 16-byte uid.
 *
 * | key | value |
 * |---|---|
 * | `"identity"` | layout number, vault id |
 * | `"note " name` | whatever somebody notes of the vault as a whole |
 * | uid `B` ordinal (4) | empty: a tombstone names this pack |
 * | uid `A` ordinal (4) | when the pack was last found sound |
 * | uid `C` chunk id | where the chunk is |
 * | uid `E` seq (8) hash (32) | an object of the log: flags, then the sealed entry, or of a segment its length |
 * | uid `G` | the log's gaps |
 * | uid `H` ordinal (4) | the pack's sealed head |
 * | uid `I` seq (8) hash (32) | a log entry that lies in a segment, sealed |
 * | uid `L` ordinal (4) | empty: no manifest names this pack yet |
 * | uid `M` | the mark |
 * | uid `O` seq (8) hash (32) | a segment's sealed bytes |
 * | uid `P` ordinal (4) | the pack's name and a checksum |
 * | uid `Q` ordinal (4) | what of the pack is known to be damaged |
 * | uid `R` | the last round of checks: when, and how much was found |
 * | uid `S` | name of the pack that the next scrub of a share begins behind |
 * | uid `T` | what upkeep knows of packs that were put aside |
 */
export const UID_BYTES = 16;
export const ID_BYTES = 32;
export const CHUNK_KEY_BYTES = UID_BYTES + 1 + ID_BYTES;
/** Shorter than any user's key, so that the two cannot meet. */
export const IDENTITY_KEY = new Uint8Array(Buffer.from('identity'));

/** Shorter than any user's key, too. */
export function noteKey(name: string): Uint8Array {
  const key = new Uint8Array(Buffer.from(`note ${name}`));
  if (key.length >= UID_BYTES) throw new TypeError(`The name of a note is shorter than "${name}".`);
  return key;
}

export const TAG = {
  checked: 0x41,
  buried: 0x42,
  chunk: 0x43,
  entry: 0x45,
  gaps: 0x47,
  head: 0x48,
  inside: 0x49,
  loose: 0x4c,
  mark: 0x4d,
  segment: 0x4f,
  pack: 0x50,
  quarantine: 0x51,
  round: 0x52,
  scrub: 0x53,
  trash: 0x54,
} as const;
export type Tag = (typeof TAG)[keyof typeof TAG];
/** Of what is known of a pack by its number. */
export const PACK_TAGS = [TAG.pack, TAG.head, TAG.loose, TAG.quarantine, TAG.buried, TAG.checked] as const;

/** The first bytes of a user's keys of one sort. */
export function tagKey(uid: Uint8Array, tag: Tag): Uint8Array {
  const key = new Uint8Array(UID_BYTES + 1);
  key.set(uid);
  key[UID_BYTES] = tag;
  return key;
}

export function ordinalKey(uid: Uint8Array, tag: Tag, ordinal: number): Uint8Array {
  const key = new Uint8Array(UID_BYTES + 5);
  key.set(uid);
  key[UID_BYTES] = tag;
  asBuffer(key).writeUInt32BE(ordinal, UID_BYTES + 1);
  return key;
}

export function ordinalOf(key: Uint8Array): number {
  return asBuffer(key).readUInt32BE(UID_BYTES + 1);
}

/** @param tag - Which sort of what has the name of a log entry. */
export function entryKey(uid: Uint8Array, seq: number, hash: Uint8Array, tag: Tag = TAG.entry): Uint8Array {
  const key = new Uint8Array(UID_BYTES + 9 + hash.length);
  key.set(uid);
  key[UID_BYTES] = tag;
  asBuffer(key).writeBigUInt64BE(BigInt(seq), UID_BYTES + 1);
  key.set(hash, UID_BYTES + 9);
  return key;
}

export function entryOf(key: Uint8Array): { seq: number; hash: Uint8Array } {
  return { seq: Number(asBuffer(key).readBigUInt64BE(UID_BYTES + 1)), hash: key.slice(UID_BYTES + 9) };
}

/** All of a user's keys of one sort lie in `[gte, lt)`. */
export function tagRange(uid: Uint8Array, tag: Tag): { gte: Uint8Array; lt: Uint8Array } {
  const lt = tagKey(uid, tag);
  lt[UID_BYTES] = tag + 1;
  return { gte: tagKey(uid, tag), lt };
}

/** All keys of a user, whatever their sort, lie in `[gte, lte]`. */
export function userRange(uid: Uint8Array): { gte: Uint8Array; lt: Uint8Array } {
  const lt = new Uint8Array(UID_BYTES + 1).fill(0xff);
  lt.set(uid);
  return { gte: uid, lt };
}

/** Keys of chunks in one slab, as views: one allocation of memory instead of one each. */
export function chunkKeys(uid: Uint8Array, ids: Uint8Array): Uint8Array[] {
  const count = ids.length / ID_BYTES;
  const slab = new Uint8Array(count * CHUNK_KEY_BYTES);
  const keys = new Array<Uint8Array>(count);
  for (let i = 0; i < count; i++) {
    const start = i * CHUNK_KEY_BYTES;
    slab.set(uid, start);
    slab[start + UID_BYTES] = TAG.chunk;
    slab.set(ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES), start + UID_BYTES + 1);
    keys[i] = slab.subarray(start, start + CHUNK_KEY_BYTES);
  }
  return keys;
}
