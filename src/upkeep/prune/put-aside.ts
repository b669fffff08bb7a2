import { equalBytes, fromHex, isBitacoraError, throwIfAborted, toHex } from '../../base/index.js';
import { sha256 } from '../../crypto/index.js';
import { packName, trashName, uidOf } from '../../format/index.js';
import { openPackHead } from '../../store/index.js';
import type { Aging } from './aging.js';
import { GRACE_MS, type UserPrune } from './context.js';
import type { Needs } from './needs.js';
import type { PackLengths } from './packs.js';

/** How often the log may grow before a pack is left for the next time. */
const TRIES = 20;

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
): Promise<Moved & { readonly held: number; readonly warnings: readonly string[] }> {
  const { repository, signal } = prune;
  const { index, holder, keys, backend, uid } = repository;
  const moved: string[] = [];
  const warnings: string[] = [];
  let held = 0;
  const move = async (pack: string): Promise<void> => {
    const hash = fromHex(pack);
    try {
      await backend.remover().move(packName(uidOf(uid), hash), trashName(uidOf(uid), hash));
    } catch (error) {
      // An index that is older than the log may have what went for good since.
      if (isBitacoraError(error, 'OBJECT_MISSING')) return;
      if (!isBitacoraError(error, 'OBJECT_EXISTS')) throw error;
      warnings.push(await replaceTorn(prune, hash));
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
  return { packs: moved.length, bytes: sum(moved, lengths), held, warnings };
}

/**
 * Of a pack that is aside already with other bytes (a copy of the vault that was cut short, a damaged disk) one goes: the one that is not
 * what its name says, or where neither is, the one that was aside.
 *
 * @returns what there is to tell.
 */
async function replaceTorn({ repository, signal }: UserPrune, hash: Uint8Array): Promise<string> {
  const { backend, uid } = repository;
  const aside = trashName(uidOf(uid), hash);
  const here = packName(uidOf(uid), hash);
  const bytes = await backend.get(aside, { signal });
  if (equalBytes(sha256(bytes), hash)) {
    await backend.remover().remove(here, { signal });
    return `The pack "${here}" did not have the bytes that its name says. A sound copy of it was aside already; this one was removed.`;
  }
  await backend.remover().remove(aside, { signal });
  await backend.remover().move(here, aside);
  return `"${aside}" did not have the bytes that its name says; the pack itself took its place.`;
}

/**
 * Removes for good what has been aside for long enough, and, where space is wanted, as much more as it takes of what an earlier run saw
 * there, oldest first. Everything that is needed was just found elsewhere, and still is: what the log says since is looked at first.
 */
export async function purge(prune: UserPrune, needs: Needs, aging: Aging, trash: PackLengths): Promise<Moved> {
  const { graceMs = GRACE_MS, pressBytes = 0, signal } = prune;
  const purged = new Set<string>();
  let bytes = 0;
  const remove = async (pack: string): Promise<void> => {
    throwIfAborted(signal);
    if (!(await removeAside(prune, needs, pack))) return;
    bytes += trash.get(pack) ?? 0;
    purged.add(pack);
  };
  for (const pack of [...trash.keys()]) if (aging.isOld(pack, graceMs)) await remove(pack);
  for (const pack of aging.oldestFirst(trash.keys())) {
    if (bytes >= pressBytes) break;
    if (!purged.has(pack)) await remove(pack);
  }
  for (const pack of purged) trash.delete(pack);
  return { packs: purged.size, bytes };
}

/** Resolves with whether it was removed: a log that never rests leaves it for the next time. */
async function removeAside(prune: UserPrune, needs: Needs, pack: string): Promise<boolean> {
  const { backend, log, uid } = prune.repository;
  for (let tries = 0; tries < TRIES; tries++) {
    let isStale = false;
    await log.appendAfter(async () => {
      isStale = await needs.isStale();
      if (!isStale) await backend.remover().remove(trashName(uidOf(uid), fromHex(pack)));
      return undefined;
    });
    if (!isStale) return true;
    await needs.update();
  }
  return false;
}

export function sum(packs: Iterable<string>, lengths: PackLengths): number {
  let bytes = 0;
  for (const pack of packs) bytes += lengths.get(pack) ?? 0;
  return bytes;
}
