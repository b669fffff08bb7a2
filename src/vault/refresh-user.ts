import { BitacoraError } from '../base/index.js';
import { packName, uidOf } from '../format/index.js';
import { catchUpLog, compareLog } from '../snapshot/index.js';
import { openPackHead, readPackHead } from '../store/index.js';
import { isFinding, missingPack, type RebuildContext, type RebuildResult, rebuildUser } from './rebuild-user.js';

export interface RefreshContext extends RebuildContext {
  /** The user's name, for messages. */
  readonly name: string;
  readonly readOnly: boolean;
  /** Rebuilds in any case. */
  readonly force?: boolean | undefined;
}

/**
 * Makes a user's index agree with the backend. Where it does, one listing of the log is all that happens; where it is
 * behind, what is newer is read; where it holds what the backend does not, or is not complete, it is rebuilt.
 *
 * @returns what a rebuild found, or undefined if none was needed.
 */
export async function refreshUser(context: RefreshContext): Promise<RebuildResult | undefined> {
  const { backend, index, keys, signal, readOnly } = context;
  if (context.force) return rebuild(context, 'on request');
  if (!index.mark.complete) return rebuild(context, 'it is new, was lost, or was not finished');
  const { fresh, lost } = await compareLog(backend, index, keys, { signal });
  if (lost.length > 0 && !(await index.dropCovered(lost))) {
    context.logger.warn(
      'The vault lacks log entries that were there: it was put back to an older state, or has lost them.',
      {
        user: context.name,
        entries: lost.length,
      },
    );
    return rebuild(context, 'it knows log entries that the vault does not have');
  }
  if (fresh.length > 0) {
    let amiss = false;
    const addPacks = async (names: readonly Uint8Array[]): Promise<void> => {
      if (await addMissingPacks(context, names)) amiss = true;
    };
    await catchUpLog({ backend, index, keys, signal, addPacks }, fresh);
    if (amiss) await index.setSuspect();
  }
  if (!readOnly) await dropLostPacks(context);
  return undefined;
}

async function rebuild(context: RefreshContext, why: string): Promise<RebuildResult> {
  const { logger, name } = context;
  logger.debug('Rebuilding the index of a user.', { user: name, why });
  const result = await rebuildUser(context);
  const { packs, entries, problems } = result;
  if (packs + entries > 0 || problems.length > 0) {
    logger.info(`Rebuilt the index of user "${name}": ${why}.`, { packs, entries, problems: problems.length });
  }
  return result;
}

/** Packs of snapshots that the index has not seen: its last writes were lost, or another process made them. */
async function addMissingPacks(context: RefreshContext, names: readonly Uint8Array[]): Promise<boolean> {
  const { backend, index, keys, signal, logger } = context;
  let amiss = false;
  for (const hash of names) {
    if (index.packOrdinal(hash) !== undefined) continue;
    try {
      const { sealedHead, footer } = await readPackHead(backend, keys, hash, undefined, { signal });
      await index.addPack(hash, sealedHead, footer);
    } catch (error) {
      if (!(error instanceof BitacoraError)) throw error;
      if (!isFinding(error)) throw error;
      const told = error.code === 'OBJECT_MISSING' ? missingPack(packName(uidOf(keys.uid), hash)) : error;
      logger.error(told.message, { code: told.code, object: told.details.object });
      amiss = true;
    }
  }
  return amiss;
}

/**
 * Packs of a backup that never finished are in the index without being in the log. A vault that was put back to an
 * older state does not have them, and nothing else would tell: dedup must not rely on them.
 */
async function dropLostPacks({ backend, index, keys, logger, signal }: RefreshContext): Promise<void> {
  for (const hash of index.loosePacks()) {
    const name = packName(uidOf(keys.uid), hash);
    if (await backend.stat(name, { signal })) continue;
    const head = await index.sealedHead(index.packOrdinal(hash)!);
    await index.forgetPack(hash, openPackHead(keys, hash, head).ids);
    logger.warn('A pack in the index is not in the vault and was forgotten; no snapshot needs it.', { object: name });
  }
}
