import { sha256 } from '../crypto/index.js';
import type { SegmentEntry } from '../format/index.js';
import type { EntryBytes, UserKeys } from '../store/index.js';
import { corruptEntry, entryObject, openEntry, type SealedEntry } from './log-entry.js';

/** The entries in a segment, each by the name that its object had. Their bytes are views. */
export function segmentEntries({ entries }: { readonly entries: readonly SegmentEntry[] }): EntryBytes[] {
  return entries.map(({ seq, sealed }) => ({ seq, hash: sha256(sealed), sealed }));
}

/** The same, opened. @throws {BitacoraError} as `openEntry`, and `DATA_CORRUPT` for what does not belong in a segment. */
export function* openSegment(
  keys: UserKeys,
  segment: { readonly entries: readonly SegmentEntry[] },
): Generator<SealedEntry> {
  for (const { seq, hash, sealed } of segmentEntries(segment)) {
    const name = { seq, hash };
    const entry = openEntry(keys, name, sealed);
    if (entry.kind === 'segment' || entry.kind === 'checkpoint') {
      throw corruptEntry(entryObject(keys, name), `it is a ${entry.kind} within a segment`);
    }
    yield { name, sealed, entry };
  }
}
