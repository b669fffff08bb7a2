import { decodeWholeEntry, type ScopeRecord, type TreeEntry } from '../format/index.js';
import type { RestoreScope } from '../restore/index.js';

/** A scope's root, as its manifest keeps it. Throws `DATA_CORRUPT`. */
export function scopeRoot({ scope, entry }: ScopeRecord): TreeEntry {
  return decodeWholeEntry(entry, `the root of "${scope}"`);
}

/** A scope of a manifest as the room of restores takes it. Throws `DATA_CORRUPT`. */
export function restoreScope(record: ScopeRecord): RestoreScope {
  const { scope, path, files, bytes } = record;
  return { scope, path, entry: scopeRoot(record), files, bytes };
}
