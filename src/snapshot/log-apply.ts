import { toHex } from '../base/index.js';
import type { LogEntry } from '../format/index.js';
import type { EntryName, LogGap, UserIndex } from '../store/index.js';
import type { SealedEntry } from './log-entry.js';

export interface Application {
  readonly entries: readonly SealedEntry[];
  readonly heads: readonly EntryName[];
  /** Entries that a checkpoint stands for, among the new ones. */
  readonly covered?: readonly EntryName[];
  /** All that the log lacks; left out, what is known of that stays. */
  readonly gaps?: readonly LogGap[] | undefined;
  /** Whether a pack that they name is damaged or gone. */
  readonly suspect?: boolean;
}

/** The packs that hold what an entry's snapshots need, as far as it is the first to say so. */
export function packsNamedBy(entry: LogEntry): readonly Uint8Array[] {
  if (entry.kind === 'manifest') return entry.body.packs;
  return entry.kind === 'tombstone' ? entry.body.added : [];
}

/**
 * Enters verified entries in the index. A crash half-way leaves entries that count as not applied, so that the next
 * opening does it again.
 */
export async function applyToIndex(index: UserIndex, application: Application): Promise<void> {
  const { entries, heads, covered = [], gaps, suspect } = application;
  const mute = new Set(covered.map(({ hash }) => toHex(hash)));
  await index.applyEntries({
    entries: entries.map(({ name, sealed }) => ({ ...name, sealed, covered: mute.has(toHex(name.hash)) })),
    heads,
    packs: entries.flatMap(({ entry }) => packsNamedBy(entry)),
    // In the same batch: dedup must never rely on a pack that may be going.
    buried: entries.flatMap(({ entry }) => (entry.kind === 'tombstone' ? entry.body.packs : [])),
    quarantine: entries.flatMap(({ entry }) => (entry.kind === 'quarantine' ? entry.body.packs : [])),
    gaps,
    suspect,
  });
}
