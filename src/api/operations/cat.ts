import { BitacoraError, printable } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { ENTRY_TYPES } from '../../format/index.js';
import { checkContent, fileBytes, gathered } from '../../restore/index.js';
import type { CatInput } from '../contract/cat.js';
import { typeName } from '../entry-item.js';
import { type FoundPath, findPath } from '../find-path.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { quarantineBlamed, quarantining } from '../quarantine.js';
import { type Selector, select } from '../select.js';

/** The bytes of one file, each chunk checked before it is given out. */
export async function cat(context: OperationContext, input: CatInput): Promise<AsyncIterable<Uint8Array>> {
  const { user_id, path } = input;
  const repository = await openKnownUser(context, user_id);
  await loadCodecs();
  const { trees: tree, chunks } = repository;
  const found = await find();
  const type = found.kind === 'entry' ? found.entry.type : ENTRY_TYPES.directory;
  if (found.kind !== 'entry' || type !== ENTRY_TYPES.file) throw noFile(user_id, path, type);
  checkContent(found.entry);
  const bytes = gathered(fileBytes({ tree, chunks }, found.entry, { signal: context.signal }));
  return quarantining(context, repository, bytes);

  async function find(): Promise<FoundPath> {
    try {
      const selected = await select(repository, catSelector(input), context.clock.now());
      return await findPath(tree, selected, path);
    } catch (error) {
      await quarantineBlamed(context, repository, error);
      throw error;
    }
  }

  function noFile(user: string, where: string, found: typeof type): BitacoraError {
    const next =
      found === ENTRY_TYPES.directory
        ? `\`bitacora ls ${user} ${where}\` lists it, \`bitacora export ${user}\` packs it up.`
        : 'It has no bytes of its own.';
    const message = `"${printable(Buffer.from(where))}" is a ${typeName(found).replace('_', ' ')}, not a file. ${next}`;
    return new BitacoraError('USAGE', message, { details: { path: where, type: typeName(found) } });
  }
}

/** Here a snapshot may be called `latest`. */
function catSelector({ snapshot, latest, at, session_id }: CatInput): Selector {
  return snapshot === 'latest' ? { latest: true, at, session_id } : { snapshot, latest, at, session_id };
}
