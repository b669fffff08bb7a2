import { foldAt } from '../../snapshot/index.js';
import type { Figures, StatsAnswer, StatsInput } from '../contract/stats.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { storedBytes } from '../stored-bytes.js';

/** What is stored, and how small: from manifests, index and listings; no pack is read. */
export async function stats(context: OperationContext, { user_id: only }: StatsInput): Promise<StatsAnswer> {
  const names = only === undefined ? await activeUsers(context) : [only];
  const users: StatsAnswer['users'] = [];
  for (const name of names) users.push({ user_id: name, ...(await figuresOf(context, name)) });
  return { users, total: sum(users) };
}

async function activeUsers({ vault, caller }: OperationContext): Promise<string[]> {
  const { records, damaged } = await vault.users();
  // Sums without somebody would be wrong; of whom the caller may see, none is missing.
  if (damaged[0] && caller.has('list', undefined)) throw damaged[0];
  return records.filter(({ state, name }) => state === 'active' && caller.has('list', name)).map(({ name }) => name);
}

async function figuresOf(context: OperationContext, name: string): Promise<Figures> {
  const repository = await openKnownUser(context, name);
  try {
    const snapshots = await repository.snapshots.list();
    const manifests = snapshots.map(({ manifest }) => manifest).reverse();
    const { scopes } = foldAt(manifests, Number.POSITIVE_INFINITY);
    const total = (figure: 'bytes' | 'bytesNew' | 'bytesAdded') =>
      manifests.reduce((sum, { counts }) => sum + counts[figure], 0);
    return withRatios({
      snapshots: snapshots.length,
      files: scopes.reduce((sum, { scope }) => sum + scope.files, 0),
      size_uncompressed: scopes.reduce((sum, { scope }) => sum + scope.bytes, 0),
      size_of_all_snapshots: total('bytes'),
      bytes_new: total('bytesNew'),
      bytes_added: total('bytesAdded'),
      stored_bytes: await storedBytes(repository, context.signal),
      packs: repository.index.mark.packs,
      chunks: repository.index.mark.chunks,
    });
  } finally {
    // One after another: a vault may have many.
    repository.close();
  }
}

type Sums = Omit<Figures, 'dedup_ratio' | 'compression_ratio'>;

function withRatios(sums: Sums): Figures {
  const ratio = (a: number, b: number) => (b === 0 ? null : Math.round((a / b) * 1000) / 1000);
  return {
    ...sums,
    dedup_ratio: ratio(sums.size_of_all_snapshots, sums.bytes_new),
    compression_ratio: ratio(sums.bytes_new, sums.bytes_added),
  };
}

function sum(users: readonly Sums[]): Figures {
  const total = (figure: keyof Sums) => users.reduce((sum, user) => sum + user[figure], 0);
  return withRatios({
    snapshots: total('snapshots'),
    files: total('files'),
    size_uncompressed: total('size_uncompressed'),
    size_of_all_snapshots: total('size_of_all_snapshots'),
    bytes_new: total('bytes_new'),
    bytes_added: total('bytes_added'),
    stored_bytes: total('stored_bytes'),
    packs: total('packs'),
    chunks: total('chunks'),
  });
}
