import { dirname } from 'node:path';
import { errnoCode } from '../../base/index.js';
import { changeError, existsError } from '../errors.js';
import type { LocalFileSystem } from './file-system.js';
import { linkFile, type PutContext } from './put.js';
import { sameFiles } from './transfer.js';

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
      const linked = there.device === here.device && there.inode === here.inode;
      if (!linked && !(await settleCopy(fileSystem, path, target))) throw existsError(name);
    }
    await directories.sync(dirname(target));
    return true;
  } catch (error) {
    const errno = errnoCode(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return false;
    throw changeError(error, `object "${name}"`);
  }
}

/**
 * Whoever copied a vault in the middle of a move may have made two files of the one. Where both have the same bytes, the new name's are
 * made durable; false where they do not.
 */
async function settleCopy(fileSystem: LocalFileSystem, path: string, target: string): Promise<boolean> {
  const from = await fileSystem.open(path, 'read');
  try {
    const to = await fileSystem.open(target, 'read');
    try {
      if (!(await sameFiles(from, to))) return false;
      await to.sync();
      return true;
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}
