import { dirname, join, relative } from 'node:path';
import { BitacoraError, errnoCode, isDenied, writeError } from '../../base/index.js';
import { readError } from '../errors.js';
import { DirectorySync } from './directory-sync.js';
import type { LocalFileSystem, LocalStat } from './file-system.js';

/** The directory that holds everything, and the proof that it is still the one that was opened. */
export class Root {
  readonly path: string;
  readonly #opened: LocalStat;
  readonly #fileSystem: LocalFileSystem;

  constructor(path: string, opened: LocalStat, fileSystem: LocalFileSystem) {
    this.path = path;
    this.#opened = opened;
    this.#fileSystem = fileSystem;
  }

  /** Throws unless the directory is in place: an unmounted disk leaves an empty one, where all seems to be missing. */
  async check(): Promise<void> {
    const stat = await this.#fileSystem.stat(this.path);
    if (stat.device !== this.#opened.device || stat.inode !== this.#opened.inode) {
      throw new Error(`"${this.path}" is no longer the directory that was opened`);
    }
  }

  /** Throws unless `path`, which the system says is not there, is truly absent and not behind a broken link. */
  async checkAbsent(path: string): Promise<void> {
    await this.check();
    let at = this.path;
    for (const component of relative(this.path, path).split('/')) {
      at = join(at, component);
      try {
        if ((await this.#fileSystem.lstat(at)).kind === 'link') await this.#followLink(at);
      } catch (error) {
        if (isAbsence(error)) return;
        throw error;
      }
    }
  }

  async #followLink(path: string): Promise<void> {
    try {
      await this.#fileSystem.stat(path);
    } catch (cause) {
      throw new Error(`"${path}" is a symbolic link that leads nowhere`, { cause });
    }
  }
}

/** Whether a system error says that a path does not exist. */
export function isAbsence(error: unknown): boolean {
  const errno = errnoCode(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}

/** Makes `path` with a durable name unless it exists. */
export async function makeRoot(fileSystem: LocalFileSystem, path: string): Promise<void> {
  try {
    await fileSystem.mkdir(path, 0o700);
    await new DirectorySync(fileSystem).sync(dirname(path));
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw writeError(error, `directory "${path}"`);
  }
}

/** Throws `NOT_A_VAULT` if there is no directory at `path`. */
export async function findRoot(fileSystem: LocalFileSystem, path: string): Promise<Root> {
  let cause: unknown;
  try {
    const stat = await fileSystem.stat(path);
    if (stat.kind === 'directory') return new Root(path, stat, fileSystem);
  } catch (error) {
    if (!isAbsence(error))
      throw readError(isDenied(error) ? 'VAULT_UNREADABLE' : 'BACKEND_FAILED', `directory "${path}"`, error);
    cause = error;
  }
  throw new BitacoraError('NOT_A_VAULT', `There is no directory "${path}".`, { cause });
}
