import { toHex } from '../base/index.js';
import type { Snapshot } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';

/** What takes going through all that a snapshot holds. */
export interface SnapshotFacts {
  readonly integrity_hash: string;
  readonly size_compressed: number;
}

/** Snapshots remembered of all users together: some hundred bytes each. */
const REMEMBERED_MAX = 10_000;

/** By backend: each vault's are its own. */
const remembered = new WeakMap<object, Map<string, SnapshotFacts>>();

/**
 * The facts of a snapshot, found once and remembered while the process lives: a snapshot does not change, and where its content lies changes
 * its size by little. They are no check: damage that came since is not in them.
 */
export async function snapshotFacts(
  { backend, uid }: Pick<UserRepository, 'backend' | 'uid'>,
  { entry }: Snapshot,
  find: () => Promise<SnapshotFacts>,
): Promise<SnapshotFacts> {
  const known = remembered.get(backend) ?? new Map<string, SnapshotFacts>();
  remembered.set(backend, known);
  // The entry's hash is that of all it says, and roots are hashes of what they hold.
  const key = `${toHex(uid)} ${toHex(entry.hash)}`;
  const facts = known.get(key) ?? (await find());
  known.delete(key);
  known.set(key, facts);
  if (known.size > REMEMBERED_MAX) for (const oldest of known.keys()) if (known.delete(oldest)) break;
  return facts;
}
