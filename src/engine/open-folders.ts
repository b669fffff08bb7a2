import { constants } from 'node:fs';
import { asBuffer } from '../base/index.js';
import { closeFd, FileStat, listXattrsFd, openBeneath, statFd } from '../posix/index.js';
import type { FileBatchReader } from './open-batch.js';

const OPEN_FOLDERS_MAX = 64;
const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY;
const DEFAULT_ACL = 'system.posix_acl_default';
const stat = new FileStat();

/** The directories of one call, opened beneath the root when first used; never through a symbolic link. */
export class Folders {
  readonly #root: number;
  readonly #batch: FileBatchReader;
  readonly #open = new Map<number, number>();
  readonly #own = new Map<number, boolean>();

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

  /**
   * Whether nobody but this process's user reaches what is made in the file's directory, and what is made there belongs to that
   * user and group and has the mode asked for, less the process's mask. Throws the system's errors.
   */
  own(file: number): boolean {
    const directory = this.#batch.directory(file);
    let own = this.#own.get(directory);
    if (own === undefined) {
      own = isOwn(this.of(file));
      this.#own.set(directory, own);
    }
    return own;
  }

  close(): void {
    for (const fd of this.#open.values()) closeFd(fd);
    this.#open.clear();
  }
}

/** Some directories hand down their group, so it must be the process's; a default ACL takes the place of the mask. */
function isOwn(fd: number): boolean {
  statFd(fd, stat);
  const { mode, uid, gid } = stat;
  if ((mode & 0o077) !== 0 || uid !== process.geteuid?.() || gid !== process.getegid?.()) return false;
  return !listXattrsFd(fd).some(({ name }) => asBuffer(name).equals(Buffer.from(DEFAULT_ACL)));
}
