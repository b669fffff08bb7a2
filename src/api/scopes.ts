import { decodeWholeEntry, type ScopeRecord, type TreeEntry } from '../format/index.js';
import type { RestoreScope } from '../restore/index.js';
import { isRecordScope } from '../snapshot/index.js';
import type { Selected, SelectedScope } from './select.js';

/** A scope's root, as its manifest keeps it. Throws `DATA_CORRUPT`. */
export function scopeRoot({ scope, entry }: ScopeRecord): TreeEntry {
  return decodeWholeEntry(entry, `the root of "${scope}"`);
}

/** A scope of a manifest as the room of restores takes it. Throws `DATA_CORRUPT`. */
export function restoreScope(record: ScopeRecord): RestoreScope {
  const { scope, path, files, bytes } = record;
  return { scope, path, entry: scopeRoot(record), files, bytes };
}

/** The scopes of a state that have a place in a tree of files: directories, files and streams. */
export function placedScopes({ scopes }: Selected): ScopeRecord[] {
  return scopes.flatMap(({ record }) => (isPlaced(record) ? [record] : []));
}

/** The scopes of a state that are records, the oldest first. */
export function recordScopes({ scopes }: Selected): SelectedScope[] {
  return scopes.filter(({ record }) => !isPlaced(record)).sort((a, b) => a.position - b.position);
}

/** Whether a scope is a tree or a file, and no records. */
export function isPlaced(record: ScopeRecord): boolean {
  return !isRecordScope(record);
}
