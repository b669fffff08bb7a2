import { type BigIntStats, type Dirent, fstatSync, lstatSync, opendirSync, readlinkSync } from 'node:fs';
import { ENTRY_TYPE } from '../constants.js';
import { ListingBuilder } from '../directory-listing.js';
import { named } from '../errors.js';
import { deviceMajor, deviceMinor, type FileStat, splitNanoseconds } from '../file-stat.js';
import { procPath } from '../names.js';
import type { DataRange, SystemCalls, Xattr } from '../system-calls.js';

export const plainReading = {
  *directoryInSteps(fd) {
    const listing = named('scandir', undefined, () => readEntries(fd));
    yield;
    return yield* listing.finishInSteps();
  },

  statAt(dirfd, name, into) {
    const path = procPath(dirfd, name, 'lstat');
    return fill(
      into,
      named('lstat', name, () => lstatSync(path, { bigint: true })),
    );
  },

  statFd: (fd, into) => fill(into, fstatSync(fd, { bigint: true })),

  readLinkAt(dirfd, name) {
    const path = procPath(dirfd, name, 'readlink');
    return named('readlink', name, () => readlinkSync(path, { encoding: 'buffer' }));
  },

  dataRanges: (_fd, size): DataRange[] => (size > 0 ? [{ offset: 0, length: size }] : []),
  listXattrsFd: (): Xattr[] => [],
  listXattrsAt: (): Xattr[] => [],
} satisfies Partial<SystemCalls>;

const BATCH = 1024;

/** In batches, so that a directory of a million entries does not become a million objects at once. */
function readEntries(fd: number): ListingBuilder {
  const listing = new ListingBuilder();
  // The types of @types/node know no other encoding here than one of text; the call takes 'buffer' like readdir.
  const options = { encoding: 'buffer' as BufferEncoding, bufferSize: BATCH };
  const directory = opendirSync(`/proc/self/fd/${fd}`, options);
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      const name: unknown = entry.name;
      if (!(name instanceof Uint8Array)) throw new TypeError('A directory entry came without its bytes.');
      listing.add(entryType(entry), name, 0, name.length);
    }
  } finally {
    directory.closeSync();
  }
  return listing;
}

function entryType(entry: Dirent): number {
  if (entry.isFile()) return ENTRY_TYPE.file;
  if (entry.isDirectory()) return ENTRY_TYPE.directory;
  if (entry.isSymbolicLink()) return ENTRY_TYPE.symlink;
  if (entry.isFIFO()) return ENTRY_TYPE.fifo;
  if (entry.isSocket()) return ENTRY_TYPE.socket;
  if (entry.isBlockDevice()) return ENTRY_TYPE.blockDevice;
  return entry.isCharacterDevice() ? ENTRY_TYPE.characterDevice : ENTRY_TYPE.unknown;
}

function fill(into: FileStat, stats: BigIntStats): FileStat {
  const mtime = splitNanoseconds(stats.mtimeNs);
  const ctime = splitNanoseconds(stats.ctimeNs);
  into.mode = Number(stats.mode);
  into.uid = Number(stats.uid);
  into.gid = Number(stats.gid);
  into.nlink = Number(stats.nlink);
  into.ino = BigInt.asUintN(64, stats.ino);
  into.dev = Number(stats.dev);
  into.rdevMajor = deviceMajor(Number(stats.rdev));
  into.rdevMinor = deviceMinor(Number(stats.rdev));
  into.size = Number(stats.size);
  into.blocks = Number(stats.blocks);
  into.mtimeSec = mtime.sec;
  into.mtimeNsec = mtime.nsec;
  into.ctimeSec = ctime.sec;
  into.ctimeNsec = ctime.nsec;
  return into;
}
