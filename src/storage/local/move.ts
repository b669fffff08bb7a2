import { dirname } from 'node:path';
import { errnoCode } from '../../base/index.js';
import { changeError, existsError } from '../errors.js';
import { linkFile, type PutContext } from './put.js';

/**
 * Gives the file at `path` a second, durable name. False where there is no such file.
 *
 * @param name - The new name, for messages.
 * @throws {BitacoraError} `OBJECT_EXISTS` if the new name is another file's; what a `put` there would throw.
 */
export async function linkToo(context: PutContext, path: string, target: string, name: string): Promise<boolean> {
  const { fileSystem, directories } = context;
  directories.checkUsable(dirname(target));
  try {
    const here = await fileSystem.lstat(path);
    if (!(await linkFile(context, path, target))) {
      const there = await fileSystem.lstat(target);
      if (there.device !== here.device || there.inode !== here.inode) throw existsError(name);
    }
    await directories.sync(dirname(target));
    return true;
  } catch (error) {
    const errno = errnoCode(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return false;
    throw changeError(error, `object "${name}"`);
  }
}
