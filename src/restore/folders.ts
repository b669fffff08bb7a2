import { concatBytes, utf8 } from '../base/index.js';
import { closeFd, openDirectoryAt } from '../posix/index.js';

const OPEN_MAX = 128;
const SLASH = utf8('/');

/** A directory where it stands on disk now, known by the way to it from the target. */
export class Folder {
  readonly parent: Folder | undefined;
  readonly name: Uint8Array;
  /** Set on a staging directory once its entries have gone to their places. */
  movedTo: Folder | undefined;

  /** Without a parent it is the target itself. */
  constructor(parent?: Folder, name: Uint8Array = new Uint8Array(0)) {
    this.parent = parent;
    this.name = name;
  }

  /** The folder that now holds what was put here. */
  current(): Folder {
    return this.movedTo ?? this;
  }

  /** The way from the target, empty for the target itself. */
  path(): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let folder: Folder | undefined = this.current(); folder?.parent; folder = folder.parent.current()) {
      parts.push(folder.name, SLASH);
    }
    parts.pop();
    return concatBytes(parts.reverse());
  }
}

/**
 * Descriptors of folders: each opened in its parent's, never through a symbolic link, so that all of them lie beneath
 * the target whatever is swapped meanwhile. The least recently used are closed and opened again when needed.
 */
export class FolderHandles {
  readonly #root: number;
  readonly #open = new Map<Folder, number>();
  /** How many want a folder's descriptor to stay. */
  readonly #pinned = new Map<Folder, number>();

  /** `root` stays the caller's. */
  constructor(root: number) {
    this.#root = root;
  }

  /** A descriptor that holds until the next call. Throws the system's errors. */
  fd(folder: Folder): number {
    const now = folder.current();
    if (!now.parent) return this.#root;
    const known = this.#open.get(now);
    if (known !== undefined) {
      this.#open.delete(now);
      this.#open.set(now, known);
      return known;
    }
    return this.#openFrom(now);
  }

  /** Opens the way from the nearest folder that is open. No recursion: a tree may be deeper than a stack is. */
  #openFrom(wanted: Folder): number {
    const way: Folder[] = [];
    let at = wanted;
    while (at.parent && !this.#open.has(at)) {
      way.push(at);
      at = at.parent.current();
    }
    let fd = at.parent ? this.#open.get(at)! : this.#root;
    for (const folder of way.reverse()) {
      fd = openDirectoryAt(fd, folder.name);
      this.#open.set(folder, fd);
      if (this.#open.size > OPEN_MAX) this.#closeOldest(folder);
    }
    return fd;
  }

  /** Two descriptors that both hold while `use` runs. */
  both<T>(first: Folder, second: Folder, use: (firstFd: number, secondFd: number) => T): T {
    const pinned = first.current();
    const firstFd = this.fd(pinned);
    this.#pin(pinned, 1);
    try {
      return use(firstFd, this.fd(second));
    } finally {
      this.#pin(pinned, -1);
    }
  }

  /** A descriptor that holds until what `use` returns has settled. */
  async during<T>(folder: Folder, use: (fd: number) => Promise<T>): Promise<T> {
    const pinned = folder.current();
    const fd = this.fd(pinned);
    this.#pin(pinned, 1);
    try {
      return await use(fd);
    } finally {
      this.#pin(pinned, -1);
    }
  }

  #pin(folder: Folder, by: 1 | -1): void {
    const count = (this.#pinned.get(folder) ?? 0) + by;
    if (count === 0) this.#pinned.delete(folder);
    else this.#pinned.set(folder, count);
  }

  /** Closes a folder's descriptor: it is about to be removed. */
  forget(folder: Folder): void {
    const fd = this.#open.get(folder);
    if (fd === undefined) return;
    this.#open.delete(folder);
    closeFd(fd);
  }

  close(): void {
    for (const fd of this.#open.values()) closeFd(fd);
    this.#open.clear();
  }

  #closeOldest(keep: Folder): void {
    for (const folder of this.#open.keys()) {
      if (folder === keep || this.#pinned.has(folder)) continue;
      this.forget(folder);
      return;
    }
  }
}
