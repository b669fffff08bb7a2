import { BitacoraError, isBitacoraError, throwIfAborted } from '../../base/index.js';
import { retain } from '../../upkeep/index.js';
import type { RetainAllAnswer, RetainAllInput } from '../contract/retain-all.js';
import { errorDocument } from '../job-document.js';
import type { OperationContext } from '../operation.js';
import { retainOptions } from '../retain-after.js';
import { asRound } from '../rounds.js';
import { withReserve } from '../with-reserve.js';

/** Retention of every user, one after another; what goes wrong with one keeps it from no other. */
export function retainAll(context: OperationContext, _input: RetainAllInput): Promise<RetainAllAnswer> {
  const outcome = ({ problems }: RetainAllAnswer) => (problems.length > 0 ? 'stopped' : 'done');
  return asRound(context, 'retain-all', () => retainEach(context), outcome);
}

async function retainEach(context: OperationContext): Promise<RetainAllAnswer> {
  const { vault, signal, progress } = context;
  const { records, damaged } = await vault.users();
  const names = records.filter(({ state }) => state === 'active').map(({ name }) => name);
  const users: RetainAllAnswer['users'] = [];
  const problems = damaged.map(errorDocument);
  for (const [done, name] of names.entries()) {
    throwIfAborted(signal);
    progress({ phase: 'retention', files: done, filesTotal: names.length, bytes: 0 });
    try {
      users.push(await withReserve(context, () => retainOne(context, name)));
    } catch (error) {
      if (!(error instanceof BitacoraError) || isBitacoraError(error, 'CANCELLED')) throw error;
      problems.push(errorDocument(error));
    }
  }
  return { users, problems };
}

async function retainOne(context: OperationContext, name: string): Promise<RetainAllAnswer['users'][number]> {
  const { vault, signal, progress } = context;
  vault.checkWritable();
  const repository = await vault.openUser(name, { signal, progress });
  try {
    const { forgotten, warnings } = await retain(repository, retainOptions(context, false));
    return { user_id: name, forgotten: forgotten.length, warnings: [...warnings] };
  } finally {
    repository.close();
  }
}
