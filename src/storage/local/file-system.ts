import { constants, type Dirent } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';

/** One open file or directory. */
export interface LocalFile {
  /** Writes some of `bytes` at `position`; resolves with how many, which may be fewer than asked. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** Reads into `bytes` from `position`; resolves with how many, 0 at the end. */
  read(bytes: Uint8Array, position: number): Promise<number>;
  chmod(mode: number): Promise<void>;
  sync(): Promise<void>;
  stat(): Promise<LocalStat>;
  close(): Promise<void>;
}

export interface LocalStat {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  readonly length: number;
  /** Names the file system. */
  readonly device: bigint;
  /** Names the file within its file system. */
  readonly inode: bigint;
}

export interface LocalEntry {
  readonly name: string;
  readonly kind: LocalStat['kind'];
}

/**
 * Every file system call that the local backend makes, so that tests can watch their order, make one of them fail, or
 * replay a prefix of them as a crash would. Failures are Node's own errors, with `code`.
 */
export interface LocalFileSystem {
  /** Never follows a symbolic link in the last component. */
  open(path: string, how: 'read' | 'create' | 'directory', mode?: number): Promise<LocalFile>;
  link(existing: string, created: string): Promise<void>;
  unlink(path: string): Promise<void>;
  mkdir(path: string, mode: number): Promise<void>;
  readdir(path: string): Promise<LocalEntry[]>;
  stat(path: string): Promise<LocalStat>;
  lstat(path: string): Promise<LocalStat>;
}

const FLAGS = {
  read: constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
  directory: constants.O_RDONLY | constants.O_DIRECTORY,
};

/** The real one: Node's thread pool, so that the main thread stays free. */
export const nodeFileSystem: LocalFileSystem = {
  open: async (path, how, mode) => localFile(await open(path, FLAGS[how], mode)),
  link,
  unlink,
  mkdir: async (path, mode) => void (await mkdir(path, { mode })),
  readdir: async (path) => {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  },
  stat: async (path) => localStat(await stat(path, { bigint: true })),
  lstat: async (path) => localStat(await lstat(path, { bigint: true })),
};

/** One read or write call moves at most this much, far below the 2 GiB at which both are cut by the system. */
const TRANSFER_BYTES_MAX = 256 * 1024 * 1024;

function localFile(handle: FileHandle): LocalFile {
  return {
    write: async (bytes, position) => {
      const length = Math.min(bytes.length, TRANSFER_BYTES_MAX);
      return (await handle.write(bytes, 0, length, position)).bytesWritten;
    },
    read: async (bytes, position) => {
      const length = Math.min(bytes.length, TRANSFER_BYTES_MAX);
      return (await handle.read(bytes, 0, length, position)).bytesRead;
    },
    chmod: (mode) => handle.chmod(mode),
    sync: () => handle.sync(),
    stat: async () => localStat(await handle.stat({ bigint: true })),
    close: () => handle.close(),
  };
}

interface TypedEntry {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

function kindOf(entry: TypedEntry | Dirent): LocalStat['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

function localStat(stats: TypedEntry & { dev: bigint; ino: bigint; size: bigint }): LocalStat {
  return { kind: kindOf(stats), length: Number(stats.size), device: stats.dev, inode: stats.ino };
}
