import { Slices } from '../base/index.js';
import {
  FileStat,
  readDirectory,
  renameAt,
  renameNoReplaceAt,
  rmdirAt,
  statAt,
  statFd,
  syncFileSystem,
  unlinkAt,
} from '../posix/index.js';
import type { DirectoryFacts, TargetDirectory } from './directory.js';
import { setMetadataFd } from './metadata.js';
import { isItemError } from './report.js';
import { checkSignal, type Site } from './site.js';
import { refuseSpared } from './spared.js';
import { removeTree } from './staging.js';

/** Existing directories that may wait for their new entries to be put in place, together behind one sync. */
const WAITING_MAX = 1024;
const stat = new FileStat();

/**
 * Puts what was built beside existing directories in its place, a directory at a time, inner ones before outer ones.
 * Where something that exists is replaced, the new bytes are synced before the first rename. What goes to an empty place
 * is not synced: a crash loses nothing that was safe before, and the vault still has it all.
 */
export class Committer {
  readonly #site: Site;
  #waiting: TargetDirectory[] = [];

  constructor(site: Site) {
    this.#site = site;
  }

  async add(directory: TargetDirectory): Promise<void> {
    this.#waiting.push(directory);
    if (this.#waiting.length >= WAITING_MAX) await this.flush();
  }

  async flush(): Promise<void> {
    checkSignal(this.#site);
    await this.#sync();
    const slices = new Slices(this.#site.options.clock);
    for (const directory of this.#waiting) {
      this.#commit(directory);
      if (slices.over) await slices.next();
    }
    this.#waiting = [];
  }

  /** One sync a file system. Its failure ends the restore: nothing was replaced so far that is not durable. */
  async #sync(): Promise<void> {
    const synced = new Set<number>();
    for (const directory of this.#waiting) {
      if (!directory.replaces) continue;
      await this.#site.handles.during(directory.folder!, async (fd) => {
        const { dev } = statFd(fd, stat);
        if (synced.has(dev)) return;
        synced.add(dev);
        await syncFileSystem(fd);
      });
    }
  }

  #commit(directory: TargetDirectory): void {
    const { report, handles } = this.#site;
    try {
      if (directory.staging) this.#empty(directory);
      for (const name of directory.removals) this.#remove(directory, name);
      directory.removals = [];
      for (const late of directory.late) setDirectoryMetadata(this.#site, late);
      if (directory.facts && this.#site.options.overwrite !== 'never') {
        setDirectoryFacts(this.#site, directory, directory.facts, handles.fd(directory.folder!));
      }
    } catch (error) {
      if (!isItemError(error)) throw error;
      report.failWith(directory.path(), error);
    }
  }

  #empty(directory: TargetDirectory): void {
    const { handles, stagings } = this.#site;
    const staging = directory.staging!;
    handles.both(directory.folder!, staging, (fd, stagingFd) => {
      const listing = readDirectory(stagingFd);
      for (let i = 0; i < listing.length; i++) this.#place(directory, listing.name(i), stagingFd, fd);
    });
    handles.forget(staging);
    staging.movedTo = directory.folder;
    directory.staging = undefined;
    stagings.open.delete(directory);
    try {
      rmdirAt(handles.fd(directory.folder!), stagings.name);
    } catch {
      // What could not be placed is listed as failed and must not stay under this name.
      removeTree(handles.fd(directory.folder!), stagings.name, () => undefined);
    }
  }

  #place(directory: TargetDirectory, name: Uint8Array, from: number, to: number): void {
    const { report, options } = this.#site;
    try {
      try {
        renameNoReplaceAt(from, name, to, name);
      } catch (error) {
        const taken = isItemError(error) && error.code === 'EEXIST';
        if (!taken || !options.overwrite || options.overwrite === 'never') throw error;
        this.#replace(directory, name, from, to);
      }
    } catch (error) {
      if (!isItemError(error)) throw error;
      report.failWith(directory.path(name), error);
    }
  }

  #replace(directory: TargetDirectory, name: Uint8Array, from: number, to: number): void {
    const oldIsDirectory = statAt(to, name, stat).isDirectory;
    refuseSpared(stat, this.#site.target.spared, name);
    const newIsDirectory = statAt(from, name, stat).isDirectory;
    if (oldIsDirectory && !newIsDirectory) {
      // Only --delete may take a directory's content away; an empty one has none.
      if (this.#site.options.delete) this.#remove(directory, name);
      else rmdirAt(to, name);
    } else if (newIsDirectory && !oldIsDirectory) unlinkAt(to, name);
    renameAt(from, name, to, name);
  }

  #remove(directory: TargetDirectory, name: Uint8Array): void {
    const { report, handles, target } = this.#site;
    const fd = handles.fd(directory.folder!);
    try {
      report.deleted += removeTree(fd, name, (_, error) => report.failWith(directory.path(name), error), target.spared);
    } catch (error) {
      if (!isItemError(error)) throw error;
      report.failWith(directory.path(name), error);
    }
  }
}

/** Sets the metadata of a new directory whose entries are all there. */
export function setDirectoryMetadata(site: Site, directory: TargetDirectory): void {
  if (!directory.folder || !directory.facts) return;
  try {
    setDirectoryFacts(site, directory, directory.facts, site.handles.fd(directory.folder));
  } catch (error) {
    if (!isItemError(error)) throw error;
    site.report.warnWith(directory.path(), error);
  }
}

function setDirectoryFacts(site: Site, directory: TargetDirectory, facts: DirectoryFacts, fd: number): void {
  setMetadataFd(fd, facts, (error) => {
    if (!isItemError(error)) throw error;
    site.report.warnWith(directory.path(), error);
  });
}
