import { constants, ftruncateSync } from 'node:fs';
import { BitacoraError, errnoCode } from '../base/index.js';
import {
  chmodFd,
  chownFd,
  closeFd,
  creationMask,
  FileStat,
  openFileAt,
  setTimesFd,
  setXattrFd,
  statFd,
  unlinkAt,
} from '../posix/index.js';
import { FILE_MODES, FileBatchReader } from './open-batch.js';
import { Folders } from './open-folders.js';
import type { FileProblem, RangeCall } from './open-protocol.js';
import { writeAroundZeros, writeFully } from './open-zeros.js';

const OPEN_FILES_MAX = 64;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
const stat = new FileStat();

/**
 * The files that one call writes. Bytes of one file that lie one after another both in memory and in the file go out in
 * one write, so `flush` must be called before the memory changes. A failure is the file's own: it is noted, a file that
 * this call made is removed, and the others go on.
 */
export class OutputFiles {
  readonly failures: FileProblem[] = [];
  readonly warnings: FileProblem[] = [];
  bytesWritten = 0;
  readonly #batch: FileBatchReader;
  readonly #folders: Folders;
  /** Descriptor + 1 of each file, 0 when it is not open. */
  readonly #fds: Int32Array;
  /** Writes that each file still waits for. */
  readonly #left: Uint32Array;
  readonly #failed: Uint8Array;
  /** Files that have owner and permissions from the moment they were made. */
  readonly #finished: Uint8Array;
  readonly #made = new Map<number, { inode: bigint; device: number }>();
  readonly #open = new Set<number>();
  readonly #uid = process.geteuid?.();
  readonly #gid = process.getegid?.();
  #file = -1;
  #memory: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #position = 0;

  constructor(call: RangeCall, writes: Uint32Array) {
    this.#batch = new FileBatchReader(call.files);
    this.#folders = new Folders(call.root, this.#batch);
    this.#fds = new Int32Array(this.#batch.count);
    this.#failed = new Uint8Array(this.#batch.count);
    this.#finished = new Uint8Array(this.#batch.count);
    this.#left = writes;
  }

  /** Makes or finishes the files that wait for no bytes. */
  finishEmpty(): void {
    for (let file = 0; file < this.#batch.count; file++) {
      if (this.#left[file] === 0 && this.#batch.mode(file) !== FILE_MODES.part) this.#complete(file);
    }
  }

  write(file: number, offset: number, memory: Uint8Array, start: number, end: number): void {
    const follows = file === this.#file && start === this.#end && offset === this.#position + this.#end - this.#start;
    if (follows) this.#end = end;
    else {
      this.flush();
      this.#file = file;
      this.#memory = memory;
      this.#start = start;
      this.#end = end;
      this.#position = offset;
    }
    if (--this.#left[file]! > 0) return;
    this.flush();
    if (this.#batch.mode(file) === FILE_MODES.whole) this.#complete(file);
    else this.#close(file);
  }

  /** Writes out what was collected. */
  flush(): void {
    const file = this.#file;
    this.#file = -1;
    if (file < 0 || this.#failed[file]) return;
    try {
      const fd = this.#descriptor(file);
      const put = this.#batch.sparse(file) ? writeAroundZeros : writeFully;
      put(fd, this.#memory, this.#start, this.#end, this.#position);
      this.bytesWritten += this.#end - this.#start;
    } catch (error) {
      this.fail(file, error);
    }
  }

  /** Notes that a file cannot be whole. Only its first problem counts. */
  fail(file: number, error: unknown): void {
    if (this.#file === file) this.#file = -1;
    if (this.#failed[file]) return;
    this.#failed[file] = 1;
    this.failures.push(problem(file, error));
    this.#close(file);
    if (this.#made.has(file) || this.#batch.mode(file) !== FILE_MODES.whole) this.#remove(file);
  }

  close(): void {
    for (const file of [...this.#open]) this.#close(file);
    this.#folders.close();
  }

  #descriptor(file: number): number {
    const known = this.#fds[file]! - 1;
    if (known >= 0) return known;
    if (this.#open.size >= OPEN_FILES_MAX) this.#close(this.#open.values().next().value!);
    const made = this.#made.get(file);
    const fd = this.#batch.mode(file) === FILE_MODES.whole && !made ? this.#create(file) : this.#reopen(file, made);
    this.#fds[file] = fd + 1;
    this.#open.add(file);
    return fd;
  }

  #create(file: number): number {
    const finished = this.#canMakeFinished(file);
    const mode = finished ? this.#batch.permissions(file) : 0o600;
    const fd = openFileAt(this.#folders.of(file), this.#batch.name(file), CREATE, mode);
    this.#made.set(file, NOT_ASKED);
    this.#finished[file] = finished ? 1 : 0;
    return fd;
  }

  /** Whether the file gets its owner and permissions by being made: two system calls less for nearly every file. */
  #canMakeFinished(file: number): boolean {
    const batch = this.#batch;
    const permissions = batch.permissions(file);
    // Without the right to write it could not be opened again.
    if ((permissions & (0o7000 | creationMask())) !== 0 || (permissions & 0o200) === 0) return false;
    if (batch.hasOwner(file) && (batch.uid(file) !== this.#uid || batch.gid(file) !== this.#gid)) return false;
    return this.#folders.own(file);
  }

  /** Opens a file that was made before, and only that one: somebody else's may bear its name by now. */
  #reopen(file: number, made: { inode: bigint; device: number } | undefined): number {
    const fd = openFileAt(this.#folders.of(file), this.#batch.name(file), constants.O_WRONLY | constants.O_NONBLOCK);
    statFd(fd, stat);
    const inode = made?.inode ?? this.#batch.inode(file);
    const device = made?.device ?? this.#batch.device(file);
    if (stat.isFile && stat.ino === inode && stat.dev === device) return fd;
    closeFd(fd);
    throw new BitacoraError('TARGET_UNSAFE', 'Another file took the place of the one being restored.');
  }

  #close(file: number): void {
    const fd = this.#fds[file]! - 1;
    if (fd < 0) return;
    if (this.#made.get(file) === NOT_ASKED && this.#left[file]! > 0) {
      statFd(fd, stat);
      this.#made.set(file, { inode: stat.ino, device: stat.dev });
    }
    this.#fds[file] = 0;
    this.#open.delete(file);
    closeFd(fd);
  }

  #remove(file: number): void {
    try {
      unlinkAt(this.#folders.of(file), this.#batch.name(file));
    } catch {
      // It lies in the staging directory, which is cleared as a whole.
    }
  }

  #complete(file: number): void {
    if (this.#failed[file]) return;
    try {
      const fd = this.#descriptor(file);
      // The end may be a hole.
      if (this.#batch.sparse(file) || this.#batch.mode(file) === FILE_MODES.finish)
        ftruncateSync(fd, this.#batch.size(file));
      this.#setMetadata(file, fd);
      this.#close(file);
    } catch (error) {
      this.fail(file, error);
    }
  }

  /** Owner first, since changing it clears bits and capabilities; attributes while the file may still be written; time last. */
  #setMetadata(file: number, fd: number): void {
    const batch = this.#batch;
    if (this.#finished[file]) {
      if (batch.hasXattrs(file)) this.#setXattrs(file, fd);
      setTimesFd(fd, batch.mtimeSec(file), batch.mtimeNsec(file));
      return;
    }
    let permissions = batch.permissions(file);
    if (batch.hasOwner(file)) {
      try {
        chownFd(fd, batch.uid(file), batch.gid(file));
      } catch (error) {
        // Without its owner a set-user-id program would lend the wrong rights.
        permissions &= 0o1777;
        this.warnings.push(problem(file, error));
      }
    }
    if (batch.hasXattrs(file)) this.#setXattrs(file, fd);
    if (permissions !== 0o600) chmodFd(fd, permissions);
    setTimesFd(fd, batch.mtimeSec(file), batch.mtimeNsec(file));
  }

  #setXattrs(file: number, fd: number): void {
    for (const { name, value } of this.#batch.xattrs(file)) {
      try {
        setXattrFd(fd, name, value);
      } catch (error) {
        this.warnings.push(problem(file, error));
      }
    }
  }
}

/** A file just made, whose identity was not yet needed. */
const NOT_ASKED = { inode: 0n, device: 0 };

function problem(file: number, error: unknown): FileProblem {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof BitacoraError ? error.code : (errnoCode(error) ?? 'INTERNAL');
  return { file, code, message };
}
