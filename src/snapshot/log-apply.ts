import { toHex } from '../base/index.js';
import type { LogEntry, QuarantinedPack } from '../format/index.js';
import type { EntryBytes, EntryName, LogGap, UserIndex } from '../store/index.js';
import type { SealedEntry } from './log-entry.js';
import { segmentEntries } from './log-segment.js';

export interface Application {
  readonly entries: readonly SealedEntry[];
  readonly heads: readonly EntryName[];
  /** Entries that a checkpoint stands for, be they new or known. */
  readonly covered?: readonly EntryName[];
  /** Entries that no segment holds any more. */
  readonly outside?: readonly EntryName[] | undefined;
  /** Packs that manifests in new segments name. */
  readonly packs?: readonly Uint8Array[] | undefined;
  /** What is known to be damaged; left out, what the entries say. */
  readonly quarantine?: readonly QuarantinedPack[] | undefined;
  /** All that the log lacks; left out, what is known of that stays. */
  readonly gaps?: readonly LogGap[] | undefined;
  /** Whether a pack that they name is damaged or gone. */
  readonly suspect?: boolean;
}

/** The packs that hold what an entry's snapshots need, as far as it is the first to say so. Not those that entries in a segment name. */
export function packsNamedBy(entry: LogEntry): readonly Uint8Array[] {
  if (entry.kind === 'manifest') return entry.body.packs;
  return entry.kind === 'tombstone' || entry.kind === 'checkpoint' ? entry.body.added : [];
}

/** The packs that count as gone. */
export function packsBuriedBy(entry: LogEntry): readonly Uint8Array[] {
  return entry.kind === 'tombstone' || entry.kind === 'checkpoint' ? entry.body.packs : [];
}

/**
 * Enters verified entries in the index. A crash half-way leaves entries that count as not applied, so that the next
 * opening does it again.
 */
export async function applyToIndex(index: UserIndex, application: Application): Promise<void> {
  const { entries, heads, covered = [], outside, packs = [], quarantine, gaps, suspect } = application;
  const mute = new Set(covered.map(({ hash }) => toHex(hash)));
  const fresh = new Set(entries.map(({ name }) => toHex(name.hash)));
  const covers = covered.filter(({ hash }) => !fresh.has(toHex(hash)));
  await index.applyEntries({
    entries: entries.map(({ name, sealed, entry }) => {
      return { ...name, sealed, covered: mute.has(toHex(name.hash)), segment: entry.kind === 'segment' };
    }),
    covers: covers.slice(0, COVERED_AT_ONCE),
    inside: entries.filter(({ name }) => !mute.has(toHex(name.hash))).flatMap(({ entry }) => insideOf(entry)),
    outside,
    heads,
    packs: [...packs, ...entries.flatMap(({ entry }) => packsNamedBy(entry))],
    // In the same batch: dedup must never rely on a pack that may be going.
    buried: entries.flatMap(({ entry }) => packsBuriedBy(entry)),
    quarantine: quarantine ?? entries.flatMap(({ entry }) => (entry.kind === 'quarantine' ? entry.body.packs : [])),
    gaps,
    suspect,
  });
  // A checkpoint says all that these say, so that it does no harm if some are not marked as covered.
  for (let at = COVERED_AT_ONCE; at < covers.length; at += COVERED_AT_ONCE) {
    const some = covers.slice(at, at + COVERED_AT_ONCE);
    await index.applyEntries({ entries: [], covers: some, heads, packs: [] });
  }
}

/** Their bytes are read and written. */
const COVERED_AT_ONCE = 2000;

function insideOf(entry: LogEntry): EntryBytes[] {
  return entry.kind === 'segment' ? segmentEntries(entry.body) : [];
}
