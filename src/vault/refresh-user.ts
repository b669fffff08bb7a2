import { BitacoraError } from '../base/index.js';
import { packName, uidOf } from '../format/index.js';
import { catchUpLog, compareLog, missingEntries } from '../snapshot/index.js';
import { type EntryName, openPackHead, readPackHead } from '../store/index.js';
import { isFinding, missingPack, type RebuildContext, type RebuildResult, rebuildUser } from './rebuild-user.js';
import { salvageLog } from './salvage-log.js';

export interface RefreshContext extends RebuildContext {
  /** The user's name, for messages. */
  readonly name: string;
  /** Rebuilds in any case. */
  readonly force?: boolean | undefined;
}

export interface Refreshed {
  /** What a rebuild found, or undefined if none was needed. */
  readonly rebuilt: RebuildResult | undefined;
  /** What is wrong with the log: damaged entries, and missing ones that others name. The others hold. */
  readonly logProblems: readonly BitacoraError[];
}

/**
 * Makes a user's index agree with the backend. Where it does, one listing of the log is all that happens; where it is
 * behind, what is newer is read; where it holds what the backend does not, or is not complete, it is rebuilt.
 */
export async function refreshUser(context: RefreshContext, salvaged = false): Promise<Refreshed> {
  const { backend, index, keys, signal, readOnly, logger } = context;
  if (context.force) return rebuild(context, 'on request');
  if (!index.mark.complete) return rebuild(context, 'it is new, was lost, or was not finished');
  const { fresh, lost } = await compareLog(backend, index, keys, { signal });
  if (lost.length > 0 && !(await index.dropCovered(lost))) {
    const facts = { user: context.name, entries: lost.length };
    if (!readOnly && !salvaged && (await salvageLog(context)).length > 0) return refreshUser(context, true);
    logger.warn(
      'The vault lacks log entries that were there: it was put back to an older state, or has lost them.',
      facts,
    );
    return rebuild(context, 'it knows log entries that the vault does not have');
  }
  const logProblems = await catchUp(context, fresh);
  for (const { code, message, details } of logProblems) logger.error(message, { code, object: details.object });
  if (!readOnly) await dropLostPacks(context);
  return { rebuilt: undefined, logProblems };
}

/** A listing beside a writer may show an entry and not yet the one before it: what seems missing is looked for once more. */
async function catchUp(context: RefreshContext, fresh: readonly EntryName[]): Promise<readonly BitacoraError[]> {
  const { backend, index, keys, signal } = context;
  if (fresh.length === 0) return missingEntries(index, keys);
  const addPacks = (names: readonly Uint8Array[]) => addMissingPacks(context, names);
  const options = { backend, index, keys, signal, addPacks };
  const problems = await catchUpLog(options, fresh);
  if (index.gaps.length === 0) return problems;
  return catchUpLog(options, (await compareLog(backend, index, keys, { signal })).fresh);
}

async function rebuild(context: RefreshContext, why: string): Promise<Refreshed> {
  const { logger, name, force } = context;
  logger.debug('Rebuilding the index of a user.', { user: name, why });
  const rebuilt = await rebuildUser(context);
  const { packs, entries, problems, logProblems } = rebuilt;
  // Whoever asked for it is told in the answer.
  if (!force)
    for (const { code, message, details } of problems) logger.error(message, { code, object: details.object });
  if (packs + entries > 0 || problems.length > 0) {
    logger.info(`Rebuilt the index of user "${name}": ${why}.`, { packs, entries, problems: problems.length });
  }
  return { rebuilt, logProblems };
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
