import { dirname } from 'node:path';
import { BitacoraError, errnoCode, throwIfAborted } from '../../base/index.js';
import type { CallOptions, PutOutcome } from '../contract.js';
import { changeError, existsError, readError } from '../errors.js';
import { isFileSource, type ObjectSource } from '../source.js';
import type { Directories } from './directories.js';
import { type DurableFile, discard, makeDurable, type TemporaryContext } from './durable.js';
import type { LocalFileSystem } from './file-system.js';
import { sameBytes } from './transfer.js';

export interface PutContext extends TemporaryContext {
  readonly directories: Directories;
}

/**
 * Stores one object: unfinished file, all bytes, fsync, `link(2)` to `path`, fsync of the directory. The final name
 * appears only for durable bytes, is never replaced, and is never removed again by an error.
 */
export async function putFile(
  context: PutContext,
  name: string,
  path: string,
  source: ObjectSource,
  options: CallOptions,
): Promise<PutOutcome> {
  const { fileSystem, directories } = context;
  directories.checkUsable(dirname(path));
  try {
    const durable = await makeDurable(context, source, options);
    const created = await publish(context, durable, path, options);
    if (!created) await compareExisting(fileSystem, name, path, source);
    await directories.sync(dirname(path));
    // Last, so that a call that throws can be repeated with the same file.
    if (isFileSource(source)) await discard(fileSystem, source.file);
    return created ? 'created' : 'exists';
  } catch (error) {
    throw changeError(error, `object "${name}"`);
  }
}

/** Gives a durable file its final name; false where the name is taken. */
async function publish(
  context: PutContext,
  durable: DurableFile,
  path: string,
  options: CallOptions,
): Promise<boolean> {
  try {
    throwIfAborted(options.signal);
    return await linkFile(context, durable.path, path);
  } finally {
    if (!durable.spooled) await discard(context.fileSystem, durable.path);
  }
}

/** False where the name is taken. */
export async function linkFile(
  { fileSystem, directories }: PutContext,
  existing: string,
  path: string,
): Promise<boolean> {
  for (let tries = 0; ; tries++) {
    try {
      await fileSystem.link(existing, path);
      return true;
    } catch (error) {
      const errno = errnoCode(error) ?? '';
      if (errno === 'EEXIST') return false;
      if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errno)) throw noHardLinks(errno, error);
      if (errno !== 'ENOENT' || tries > 0) throw error;
      await directories.make(dirname(path));
    }
  }
}

/** The name was taken, which is fine where it holds the same bytes. */
async function compareExisting(
  fileSystem: LocalFileSystem,
  name: string,
  path: string,
  source: ObjectSource,
): Promise<void> {
  let same: boolean;
  try {
    const file = await fileSystem.open(path, 'read');
    try {
      if ((await file.stat()).kind !== 'file') {
        throw new BitacoraError('BACKEND_FAILED', `Cannot write object "${name}": something else has its name.`);
      }
      same = await sameBytes(file, source);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readError('OBJECT_UNKNOWN', `the existing object "${name}"`, error);
  }
  if (!same) throw existsError(name);
}

/**
 * Plain Node offers no other way to make a name appear whole and only once: writing under the final name would show
 * half an object after a crash, and `rename(2)` would replace an existing one.
 */
function noHardLinks(errno: string, cause: unknown): BitacoraError {
  const message = `The file system of the vault refuses hard links (${errno}). Put the vault on one that has them, and let one user own all of it.`;
  return new BitacoraError('UNSUPPORTED', message, { details: { errno }, cause });
}
