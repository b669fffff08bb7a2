import { dirname } from 'node:path';
import { errnoCode } from '../../base/index.js';
import type { DirectorySync } from './directory-sync.js';
import type { LocalFileSystem } from './file-system.js';

/** Beyond this many remembered directories all are forgotten, which costs each one fsync more. */
const KNOWN_COUNT_MAX = 65_536;

/** The directories below a root: made when first needed, and each with a durable name before anything counts on it. */
export class Directories {
  readonly #fileSystem: LocalFileSystem;
  readonly #sync: DirectorySync;
  readonly #root: string;
  /** Directories whose own names are known to be durable, up to the root. */
  readonly #known = new Set<string>();

  constructor(fileSystem: LocalFileSystem, sync: DirectorySync, root: string) {
    this.#fileSystem = fileSystem;
    this.#sync = sync;
    this.#root = root;
  }

  /** Throws what an earlier fsync of `directory` failed with. */
  checkUsable(directory: string): void {
    this.#sync.check(directory);
  }

  /** Makes `directory` and what is missing above it, below the root. */
  async make(directory: string): Promise<void> {
    if (directory === this.#root) return;
    try {
      await this.#fileSystem.mkdir(directory, 0o700);
    } catch (error) {
      const errno = errnoCode(error);
      if (errno === 'EEXIST') return;
      if (errno !== 'ENOENT' || dirname(directory) === this.#root) throw error;
      await this.make(dirname(directory));
      return this.make(directory);
    }
    this.#known.delete(directory);
  }

  /**
   * Resolves once every change made to `directory` before this call is durable, and its path from the root too.
   *
   * A directory met for the first time may have been made by a process that died before its fsync, so its parents are
   * synced once even if this process did not make them.
   */
  async sync(directory: string): Promise<void> {
    const unknown: string[] = [];
    for (let at = directory; at !== this.#root && !this.#known.has(at); at = dirname(at)) unknown.push(at);
    await Promise.all([directory, ...unknown.map((at) => dirname(at))].map((at) => this.#sync.sync(at)));
    if (this.#known.size > KNOWN_COUNT_MAX) this.#known.clear();
    for (const at of unknown) this.#known.add(at);
  }
}
