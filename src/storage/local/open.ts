import { join, resolve } from 'node:path';
import { errnoCode, type Random, systemRandom, writeError } from '../../base/index.js';
import { Directories } from './directories.js';
import { DirectorySync } from './directory-sync.js';
import { type LocalFileSystem, nodeFileSystem } from './file-system.js';
import { LocalBackend } from './local-backend.js';
import { findRoot, makeRoot } from './root.js';

/** It is there, or cannot be made; who writes is told then. */
const UNMADE = new Set(['EEXIST', 'EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT']);

export interface LocalOptions {
  /** Makes the root directory (not those above it) where it is missing. */
  readonly create?: boolean;
  readonly fileSystem?: LocalFileSystem;
  readonly random?: Random;
}

/**
 * Opens a directory as a backend: objects are files (mode 0400) in directories (0700) named as the objects are;
 * unfinished writes and spooled files lie in its `tmp/`.
 *
 * A directory that cannot be written is opened all the same, for reading.
 *
 * @throws {BitacoraError} `NOT_A_VAULT` if there is no such directory; `NO_SPACE`, `VAULT_READ_ONLY`, `BACKEND_FAILED`.
 */
export async function openLocalBackend(root: string, options: LocalOptions = {}): Promise<LocalBackend> {
  const { create = false, fileSystem = nodeFileSystem, random = systemRandom } = options;
  const path = resolve(root);
  if (create) await makeRoot(fileSystem, path);
  const found = await findRoot(fileSystem, path);
  const temporary = join(path, 'tmp');
  try {
    await fileSystem.mkdir(temporary, 0o700);
  } catch (error) {
    if (!UNMADE.has(errnoCode(error) ?? '')) throw writeError(error, temporary);
  }
  const directories = new Directories(fileSystem, new DirectorySync(fileSystem), path);
  return new LocalBackend(found, { fileSystem, random, directories, temporary });
}
