import { constants } from 'node:fs';
import { closeFd, openBeneath } from '../posix/index.js';
import type { FileBatchReader } from './open-batch.js';

const OPEN_FOLDERS_MAX = 64;
const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY;

/** The directories of one call, opened beneath the root when first used; never through a symbolic link. */
export class Folders {
  readonly #root: number;
  readonly #batch: FileBatchReader;
  readonly #open = new Map<number, number>();

  constructor(root: number, batch: FileBatchReader) {
    this.#root = root;
    this.#batch = batch;
  }

  /** A descriptor that holds until the next call of this method. Throws the system's errors. */
  of(file: number): number {
    const directory = this.#batch.directory(file);
    const known = this.#open.get(directory);
    if (known !== undefined) return known;
    const path = this.#batch.directoryPath(directory);
    if (path.length === 0) return this.#root;
    if (this.#open.size >= OPEN_FOLDERS_MAX) this.close();
    const fd = openBeneath(this.#root, path, FLAGS);
    this.#open.set(directory, fd);
    return fd;
  }

  close(): void {
    for (const fd of this.#open.values()) closeFd(fd);
    this.#open.clear();
  }
}
