import { realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { BitacoraError, errnoCode, utf8 } from '../base/index.js';
import { closeFd, mkdirAt, openDirectory, openDirectoryAt } from '../posix/index.js';

/**
 * Opens a directory below `root`, step by step and through no link, whatever is swapped meanwhile. The root itself is somebody's who
 * may name what he likes, and may be a link.
 *
 * @param path - Absolute and normalised.
 * @param make - Whether what is missing is made; else undefined is given for it.
 * @returns a descriptor that the caller closes.
 * @throws the system's error; {@link BitacoraError} `TARGET_UNSAFE` for a path that is not below the root.
 */
export function openBelow(root: string, path: string, make: boolean): number | undefined {
  let fd = openDirectory(root);
  try {
    for (const name of stepsBelow(root, path)) {
      const next = openStep(fd, utf8(name), make);
      closeFd(fd);
      fd = -1;
      if (next === undefined) return undefined;
      fd = next;
    }
    return fd;
  } catch (error) {
    if (fd >= 0) closeFd(fd);
    throw error;
  }
}

/** Where a path below the root really is, as no step of it may be a link. */
export function realPathBelow(root: string, path: string): string {
  return join(realpathSync(root), ...stepsBelow(root, path));
}

function openStep(fd: number, name: Uint8Array, make: boolean): number | undefined {
  try {
    return openDirectoryAt(fd, name);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
  if (!make) return undefined;
  try {
    mkdirAt(fd, name);
  } catch (error) {
    // Somebody else was faster.
    if (errnoCode(error) !== 'EEXIST') throw error;
  }
  return openDirectoryAt(fd, name);
}

function stepsBelow(root: string, path: string): string[] {
  const steps = relative(root, path)
    .split(sep)
    .filter((step) => step !== '');
  if (!steps.includes('..') && relative(root, path) !== path) return steps;
  throw new BitacoraError('TARGET_UNSAFE', `The target "${path}" is not below "${root}".`, {
    details: { target: path },
  });
}
