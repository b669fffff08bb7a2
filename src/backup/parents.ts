import { isBitacoraError, type Logger } from '../base/index.js';
import { decodeWholeEntry, type TreeEntry } from '../format/index.js';
import { isIndexDamage } from '../store/index.js';
import type { UserRepository } from '../vault/index.js';
import { ParentDamage } from './parent-damage.js';
import type { ParentTrees } from './parent-directory.js';
import type { ParentQuarantine } from './parent-quarantine.js';

/** The newest capture of each scope, to merge the walk with. */
export interface ParentScopes {
  /** The snapshot of the first one found. */
  readonly id: Uint8Array | undefined;
  readonly entries: ReadonlyMap<string, TreeEntry>;
  /** Files and bytes of all of them, or undefined where a scope is new. */
  readonly totals: { readonly files: number; readonly bytes: number } | undefined;
}

export const NO_PARENTS: ParentScopes = { id: undefined, entries: new Map(), totals: undefined };

/**
 * The newest capture of each scope, whose tree the walk is merged with. Snapshots from before packs were found lost are passed
 * over: what they name may have been in those, so everything is read, and what the index does not have is stored again.
 */
export async function parentScopes(
  repository: UserRepository,
  scopes: readonly string[],
  logger: Logger,
): Promise<ParentScopes> {
  const { suspectTo } = repository.index.mark;
  const wanted = new Set(scopes);
  const entries = new Map<string, TreeEntry>();
  let id: Uint8Array | undefined;
  let files = 0;
  let bytes = 0;
  for await (const { manifest, entry } of repository.snapshots.newestFirst()) {
    if (entry.seq <= suspectTo) {
      logger.warn('Older snapshots need packs that are damaged or gone; nothing is taken over from them.', {
        user: repository.name,
      });
      break;
    }
    for (const record of manifest.scopes) {
      if (!wanted.has(record.scope) || entries.has(record.scope)) continue;
      entries.set(record.scope, decodeWholeEntry(record.entry, `scope "${record.scope}"`));
      id ??= manifest.backupId;
      files += record.files;
      bytes += record.bytes;
    }
    if (entries.size === wanted.size) break;
  }
  return { id, entries, totals: entries.size === wanted.size ? { files, bytes } : undefined };
}

/** The parent's trees; damage there is told from damage elsewhere. What only the index got wrong heals at the next opening. */
export function guardedTrees(repository: UserRepository, quarantine: ParentQuarantine): ParentTrees {
  return {
    isDamaged: (cursor) => quarantine.has(cursor),
    leafNow(root) {
      if (!repository.index.quarantine.empty) return undefined;
      try {
        return repository.trees.leavesNow(root)?.[0];
      } catch (error) {
        // The stream meets the same damage, and says so.
        if (isBitacoraError(error)) return undefined;
        throw error;
      }
    },
    async *leaves(root) {
      try {
        for await (const leaf of repository.trees.leaves(root)) {
          await quarantine.look(leaf);
          yield leaf;
        }
      } catch (error) {
        if (!isBitacoraError(error, 'DATA_CORRUPT') && !isBitacoraError(error, 'OBJECT_MISSING')) throw error;
        if (!isIndexDamage(error)) throw new ParentDamage(error);
        await repository.index.distrust();
        throw error;
      }
    },
  };
}
