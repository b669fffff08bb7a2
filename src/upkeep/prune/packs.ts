import { BitacoraError, isBitacoraError, throwIfAborted, toHex } from '../../base/index.js';
import { packName, packsPrefix, parseObjectName, trashPrefix, uidOf } from '../../format/index.js';
import { readPackHead } from '../../store/index.js';
import type { UserPrune } from './context.js';

/** Packs on the backend by hash in hex, with their lengths. */
export type PackLengths = Map<string, number>;

export interface ListedPacks {
  readonly packs: PackLengths;
  readonly trash: PackLengths;
  /** Of `packs`, those that the index knows and no tombstone names: only these are judged. */
  readonly candidates: PackLengths;
  /** Of `packs`, those that a tombstone names and the index no longer has. */
  readonly strays: readonly string[];
}

/**
 * Lists a user's packs, and sees that the list is not short: every pack that the index has must be there.
 *
 * @throws {BitacoraError} `OBJECT_MISSING` naming a pack that is not: then nothing may go.
 */
export async function listPacks(prune: UserPrune, tombstoned: ReadonlySet<string>): Promise<ListedPacks> {
  const { repository, signal } = prune;
  const { backend, index, uid } = repository;
  // Packs that come while the list is made are not judged.
  const known = index.packNames().filter((name) => !index.buried.has(index.packOrdinal(name)!));
  const packs = await list(prune, packsPrefix(uidOf(uid)));
  const trash = await list(prune, trashPrefix(uidOf(uid)));
  const candidates: PackLengths = new Map();
  for (const hash of known) {
    const object = packName(uidOf(uid), hash);
    const length = packs.get(toHex(hash)) ?? (await backend.stat(object, { signal }))?.length;
    if (length === undefined) throw lost(object);
    packs.set(toHex(hash), length);
    candidates.set(toHex(hash), length);
  }
  const strays: string[] = [];
  for (const [pack] of packs) {
    const ordinal = index.packOrdinal(Buffer.from(pack, 'hex'));
    if (ordinal === undefined && tombstoned.has(pack)) strays.push(pack);
  }
  return { packs, trash, candidates, strays };
}

/**
 * Packs that were written and never got into the index, of a backup that was cut short, are put there, so that they are judged like
 * others the next time. While somebody else has the user open they may be a snapshot's to come.
 */
export async function adoptUnknown(
  prune: UserPrune,
  packs: PackLengths,
  tombstoned: ReadonlySet<string>,
): Promise<void> {
  const { repository, logger, signal } = prune;
  const { backend, index, keys, holder } = repository;
  for (const [pack, length] of packs) {
    const hash = new Uint8Array(Buffer.from(pack, 'hex'));
    if (index.packOrdinal(hash) !== undefined || tombstoned.has(pack)) continue;
    if (index.holders.oldestSeq(holder) !== undefined) return;
    try {
      const { sealedHead, footer } = await readPackHead(backend, keys, hash, length, { signal });
      await index.addPack(hash, sealedHead, footer);
    } catch (error) {
      if (!isBitacoraError(error, 'DATA_CORRUPT') && !isBitacoraError(error, 'FORMAT_NEWER')) throw error;
      logger.warn('A pack that nobody names cannot be read; it stays where it is.', { pack, error: error.message });
    }
  }
}

async function list({ repository, signal }: UserPrune, prefix: string): Promise<PackLengths> {
  const lengths: PackLengths = new Map();
  for await (const { name, length } of repository.backend.list(prefix, { signal })) {
    throwIfAborted(signal);
    const parsed = parseObjectName(name);
    if (parsed?.type === 'pack' || parsed?.type === 'trash') lengths.set(toHex(parsed.hash), length);
  }
  return lengths;
}

function lost(object: string): BitacoraError {
  const message = `The pack "${object}" is not there although the index has it. Nothing is removed. Run \`bitacora scrub\`.`;
  return new BitacoraError('OBJECT_MISSING', message, { details: { object } });
}
