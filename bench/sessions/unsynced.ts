import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { LocalFile, LocalFileSystem } from '../../src/storage/index.js';

const FLAGS = {
  read: constants.O_RDONLY,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
  directory: constants.O_RDONLY | constants.O_DIRECTORY,
};

/** Makes test data fast: nothing is synced, and nothing waits for another thread. */
export const unsyncedFileSystem: LocalFileSystem = {
  open: async (path, how, mode) => (how === 'directory' ? nothing : fileOf(openSync(path, FLAGS[how], mode))),
  link: async (existing, created) => linkSync(existing, created),
  unlink: async (path) => unlinkSync(path),
  mkdir: async (path, mode) => void mkdirSync(path, { mode }),
  readdir: async (path) =>
    readdirSync(path, { withFileTypes: true }).map((entry) => ({ name: entry.name, kind: kindOf(entry) })),
  stat: async (path) => statOf(statSync(path)),
  lstat: async (path) => statOf(lstatSync(path)),
};

function fileOf(fd: number): LocalFile {
  return {
    write: async (bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
    read: async (bytes, position) => readSync(fd, bytes, 0, bytes.length, position),
    chmod: async (mode) => fchmodSync(fd, mode),
    sync: async () => undefined,
    stat: async () => statOf(fstatSync(fd)),
    close: async () => closeSync(fd),
  };
}

const nothing: LocalFile = {
  write: async () => 0,
  read: async () => 0,
  chmod: async () => undefined,
  sync: async () => undefined,
  stat: async () => ({ kind: 'directory', length: 0, device: 0n, inode: 0n }),
  close: async () => undefined,
};

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): 'file' | 'directory' | 'other' {
  return entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other';
}

function statOf(stats: Stats): Awaited<ReturnType<LocalFile['stat']>> {
  return { kind: kindOf(stats), length: stats.size, device: BigInt(stats.dev), inode: BigInt(stats.ino) };
}
