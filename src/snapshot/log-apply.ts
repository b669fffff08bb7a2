import { toHex } from '../base/index.js';
import { type EntryName, type LogGap, openPackHead, type UserIndex, type UserKeys } from '../store/index.js';
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

/**
 * Enters verified entries in the index. A crash half-way leaves entries that count as not applied, so that the next
 * opening does it again.
 */
export async function applyToIndex(index: UserIndex, keys: UserKeys, application: Application): Promise<void> {
  const { entries, heads, covered = [], gaps, suspect } = application;
  for (const { entry } of entries) {
    if (entry.kind !== 'tombstone') continue;
    // Before the entry counts as applied: dedup must never rely on a pack that may be going.
    for (const pack of entry.body.packs) await forgetPack(index, keys, pack);
  }
  const mute = new Set(covered.map(({ hash }) => toHex(hash)));
  await index.applyEntries({
    entries: entries.map(({ name, sealed }) => ({ ...name, sealed, covered: mute.has(toHex(name.hash)) })),
    heads,
    packs: entries.flatMap(({ entry }) => (entry.kind === 'manifest' ? entry.body.packs : [])),
    quarantine: entries.flatMap(({ entry }) => (entry.kind === 'quarantine' ? entry.body.packs : [])),
    gaps,
    suspect,
  });
}

async function forgetPack(index: UserIndex, keys: UserKeys, pack: Uint8Array): Promise<void> {
  const ordinal = index.packOrdinal(pack);
  if (ordinal === undefined) return;
  await index.forgetPack(pack, openPackHead(keys, pack, await index.sealedHead(ordinal)).ids);
}
