import { BitacoraError, printable } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { ENTRY_TYPES } from '../../format/index.js';
import { checkContent, fileBytes, gathered } from '../../restore/index.js';
import type { CatInput } from '../contract/cat.js';
import { typeName } from '../entry-item.js';
import { findPath } from '../find-path.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { stateOf } from '../state-of.js';

/** The bytes of one file, each chunk checked before it is given out. */
export async function cat(
  context: OperationContext,
  { user_id, snapshot, path }: CatInput,
): Promise<AsyncIterable<Uint8Array>> {
  const repository = await openKnownUser(context, user_id);
  await loadCodecs();
  const found = await findPath(repository.trees, await stateOf(repository, snapshot, context.clock.now()), path);
  const type = found.kind === 'entry' ? found.entry.type : ENTRY_TYPES.directory;
  if (found.kind !== 'entry' || type !== ENTRY_TYPES.file) throw noFile(user_id, path, type);
  checkContent(found.entry);
  const { trees: tree, chunks } = repository;
  return gathered(fileBytes({ tree, chunks }, found.entry, { signal: context.signal }));

  function noFile(user: string, where: string, found: typeof type): BitacoraError {
    const next =
      found === ENTRY_TYPES.directory
        ? `\`bitacora ls ${user} ${where}\` lists it, \`bitacora export ${user}\` packs it up.`
        : 'It has no bytes of its own.';
    const message = `"${printable(Buffer.from(where))}" is a ${typeName(found).replace('_', ' ')}, not a file. ${next}`;
    return new BitacoraError('USAGE', message, { details: { path: where, type: typeName(found) } });
  }
}
