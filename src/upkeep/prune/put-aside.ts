import { fromHex, isBitacoraError, throwIfAborted, toHex } from '../../base/index.js';
import { packName, trashName, uidOf } from '../../format/index.js';
import { openPackHead } from '../../store/index.js';
import type { Aging } from './aging.js';
import type { UserPrune } from './context.js';
import type { PackLengths } from './packs.js';

export interface Moved {
  readonly packs: number;
  readonly bytes: number;
}

/**
 * Puts packs under a tombstone aside, save those that somebody may still read: who opened the user before the tombstone. The index forgets
 * a pack before it moves.
 *
 * @param trash - What is aside; grows by what is moved.
 */
export async function putAside(
  prune: UserPrune,
  strays: readonly string[],
  lengths: PackLengths,
  trash: PackLengths,
): Promise<Moved & { readonly held: number }> {
  const { repository, signal } = prune;
  const { index, holder, keys, backend, uid } = repository;
  const moved: string[] = [];
  let held = 0;
  const move = async (pack: string): Promise<void> => {
    const hash = fromHex(pack);
    try {
      await backend.remover().move(packName(uidOf(uid), hash), trashName(uidOf(uid), hash));
    } catch (error) {
      // An index that is older than the log may have what went for good since.
      if (!isBitacoraError(error, 'OBJECT_MISSING')) throw error;
      return;
    }
    trash.set(pack, lengths.get(pack) ?? 0);
    moved.push(pack);
  };
  for (const pack of strays) await move(pack);
  for (const ordinal of index.buried.ordinals()) {
    throwIfAborted(signal);
    if (index.buried.isHeld(ordinal, holder)) {
      held++;
      continue;
    }
    const hash = index.packName(ordinal);
    await index.forgetPack(hash, openPackHead(keys, hash, await index.sealedHead(ordinal)).ids);
    await move(toHex(hash));
  }
  return { packs: moved.length, bytes: sum(moved, lengths), held };
}

/** Removes for good what has been aside for long enough. Everything that is needed was just found elsewhere. */
export async function purge(prune: UserPrune, aging: Aging, trash: PackLengths, graceMs: number): Promise<Moved> {
  const { backend, uid } = prune.repository;
  const purged: string[] = [];
  for (const pack of [...trash.keys()]) {
    throwIfAborted(prune.signal);
    if (!aging.isOld(pack, graceMs)) continue;
    await backend.remover().remove(trashName(uidOf(uid), fromHex(pack)));
    purged.push(pack);
  }
  const bytes = sum(purged, trash);
  for (const pack of purged) trash.delete(pack);
  return { packs: purged.length, bytes };
}

export function sum(packs: Iterable<string>, lengths: PackLengths): number {
  let bytes = 0;
  for (const pack of packs) bytes += lengths.get(pack) ?? 0;
  return bytes;
}
