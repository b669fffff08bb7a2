import type { Database } from './chunk-index-database.js';
import { damagedIndex } from './chunk-index-errors.js';
import { decodeGaps, type LogGap } from './chunk-index-gaps.js';
import { ID_BYTES, ordinalOf, TAG, tagKey, tagRange } from './chunk-index-keys.js';
import { decodeMark, type StoredMark, withoutChecksum } from './chunk-index-records.js';
import type { BuriedPacks } from './holders.js';
import { decodeDamaged, type Quarantine } from './quarantine.js';

/** What of a user's index is kept in memory. */
export interface LoadedUser {
  readonly mark: StoredMark;
  readonly gaps: readonly LogGap[];
}

/**
 * Reads what is kept in memory of a user, filling `names`, `loose`, `buried` and `quarantine`; undefined where nothing is complete.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` with `details.index`.
 */
export async function loadUser(
  database: Database,
  directory: string,
  uid: Uint8Array,
  into: { names: Map<number, Uint8Array>; loose: Set<number>; buried: BuriedPacks; quarantine: Quarantine },
): Promise<LoadedUser | undefined> {
  const stored = await database.get(tagKey(uid, TAG.mark));
  if (!stored) return undefined;
  const mark = decodeMark(stored);
  if (!mark) throw damagedIndex(directory, 'a mark fails its checksum');
  // What a killed rebuild left is worth nothing; `clear` takes it away.
  if (!mark.complete) return undefined;
  const { names, loose, buried, quarantine } = into;
  for await (const [key, value] of database.iterator(tagRange(uid, TAG.pack))) {
    const name = withoutChecksum(value);
    if (name?.length !== ID_BYTES)
      throw damagedIndex(directory, `the name of pack ${ordinalOf(key)} fails its checksum`);
    names.set(ordinalOf(key), name);
  }
  if (names.size !== mark.packs) throw damagedIndex(directory, `it holds ${names.size} packs, expected ${mark.packs}`);
  for await (const key of database.keys(tagRange(uid, TAG.loose))) loose.add(ordinalOf(key));
  for await (const key of database.keys(tagRange(uid, TAG.buried))) buried.load(ordinalOf(key));
  for await (const [key, value] of database.iterator(tagRange(uid, TAG.quarantine))) {
    const damaged = decodeDamaged(value);
    if (!damaged) throw damagedIndex(directory, `the quarantine of pack ${ordinalOf(key)} fails its checksum`);
    quarantine.set(ordinalOf(key), damaged);
  }
  const storedGaps = await database.get(tagKey(uid, TAG.gaps));
  const gaps = storedGaps ? decodeGaps(storedGaps) : [];
  if (!gaps) throw damagedIndex(directory, 'the list of gaps of the log fails its checksum');
  return { mark, gaps };
}
