import { BitacoraError, printable } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { ENTRY_TYPES, type EntryType } from '../../format/index.js';
import { checkContent, fileBytes, gathered } from '../../restore/index.js';
import type { UserRepository } from '../../vault/index.js';
import type { CatInput } from '../contract/cat.js';
import { typeName } from '../entry-item.js';
import { findPlaced, unknownPath } from '../find-path.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { quarantineBlamed, quarantining } from '../quarantine.js';
import { recordBytes } from '../record-bytes.js';
import { type Selected, type Selector, select } from '../select.js';

/** The bytes of one file or record, each chunk checked before it is given out. */
export async function cat(context: OperationContext, input: CatInput): Promise<AsyncIterable<Uint8Array>> {
  const { user_id } = input;
  const repository = await openKnownUser(context, user_id);
  await loadCodecs();
  try {
    const selected = await select(repository, catSelector(input), context.clock.now());
    return quarantining(context, repository, gathered(await bytesOf(context, repository, selected, input)));
  } catch (error) {
    await quarantineBlamed(context, repository, error);
    throw error;
  }
}

async function bytesOf(
  { signal }: OperationContext,
  { trees: tree, chunks }: UserRepository,
  selected: Selected,
  { user_id, path }: CatInput,
): Promise<AsyncIterable<Uint8Array>> {
  const found = await findPlaced(tree, selected, path);
  if (found?.kind === 'entry' && found.entry.type === ENTRY_TYPES.file) {
    checkContent(found.entry);
    return fileBytes({ tree, chunks }, found.entry, { signal });
  }
  const records = await recordBytes({ trees: tree, chunks }, selected, path, signal);
  if (records) return records;
  if (!found) throw unknownPath(selected, path);
  throw noFile(user_id, path, found.kind === 'entry' ? found.entry.type : ENTRY_TYPES.directory);
}

function noFile(user: string, where: string, found: EntryType): BitacoraError {
  const next =
    found === ENTRY_TYPES.directory
      ? `\`bitacora ls ${user} ${where}\` lists it, \`bitacora export ${user}\` packs it up.`
      : 'It has no bytes of its own.';
  const message = `"${printable(Buffer.from(where))}" is a ${typeName(found).replace('_', ' ')}, not a file. ${next}`;
  return new BitacoraError('USAGE', message, { details: { path: where, type: typeName(found) } });
}

/** Here a snapshot may be called `latest`. */
function catSelector({ snapshot, latest, at, session_id }: CatInput): Selector {
  return snapshot === 'latest' ? { latest: true, at, session_id } : { snapshot, latest, at, session_id };
}
