import { constants } from 'node:os';
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from '../constants.js';
import { type DirectoryListing, ListingBuilder } from '../directory-listing.js';
import { systemError } from '../errors.js';
import { type FileStat, packDevice } from '../file-stat.js';
import { pathBuffer, terminateName } from '../names.js';
import type { Steps } from '../steps.js';
import type { DataRange, SystemCalls } from '../system-calls.js';
import { bind, checked, type LibcFunction, lastErrno } from './libc.js';

const path = pathBuffer();
let statxCall: LibcFunction | undefined;
let getdentsCall: LibcFunction | undefined;
let lseekCall: LibcFunction | undefined;
let readlinkatCall: LibcFunction | undefined;

export const nativeReading = {
  directoryInSteps: readEntries,

  statAt(dirfd, name, into) {
    terminateName(name, path, 'statx');
    if (statx(dirfd, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0) throw systemError(lastErrno(), 'statx', name);
    return decodeStat(into);
  },

  statFd(fd, into) {
    if (statx(fd, EMPTY_PATH, AT_EMPTY_PATH) < 0) throw systemError(lastErrno(), 'statx');
    return decodeStat(into);
  },

  readLinkAt(dirfd, name) {
    readlinkatCall ??= bind('long readlinkat(int, const void*, void*, ulong)');
    terminateName(name, path, 'readlinkat');
    const length = checked(readlinkatCall(dirfd, path, linkTarget, linkTarget.length), 'readlinkat', name);
    if (length === linkTarget.length) throw systemError(constants.errno.ENAMETOOLONG, 'readlinkat', name);
    return linkTarget.slice(0, length);
  },

  dataRanges: seekRanges,
} satisfies Partial<SystemCalls>;

/** Longer than any target that the kernel stores. */
const linkTarget = new Uint8Array(2 * path.length);

const EMPTY_PATH = Uint8Array.of(0);
const AT_NO_AUTOMOUNT = 0x800;
const STATX_BASIC_STATS = 0x7ff;
const TWO_32 = 2 ** 32;

/** `struct statx`, the same on every architecture; read below as 32-bit words, the low half of 64 bits first. */
const statxBuffer = new ArrayBuffer(256);
const statxBytes = new Uint8Array(statxBuffer);
const words = new Uint32Array(statxBuffer);
const signedWords = new Int32Array(statxBuffer);
const longs = new BigUint64Array(statxBuffer);

function statx(dirfd: number, terminated: Uint8Array, flags: number): number {
  statxCall ??= bind('int statx(int, const void*, int, uint, void*)');
  return statxCall(dirfd, terminated, flags, STATX_BASIC_STATS, statxBytes);
}

function decodeStat(into: FileStat): FileStat {
  into.nlink = words[4]!;
  into.uid = words[5]!;
  into.gid = words[6]!;
  into.mode = words[7]! & 0xffff;
  into.ino = longs[4]!;
  into.size = words[10]! + words[11]! * TWO_32;
  into.blocks = words[12]! + words[13]! * TWO_32;
  into.ctimeSec = words[24]! + signedWords[25]! * TWO_32;
  into.ctimeNsec = words[26]!;
  into.mtimeSec = words[28]! + signedWords[29]! * TWO_32;
  into.mtimeNsec = words[30]!;
  into.rdevMajor = words[32]!;
  into.rdevMinor = words[33]!;
  into.dev = packDevice(words[34]!, words[35]!);
  return into;
}

const SEEK_SET = 0;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

function lseek(fd: number, offset: number, whence: number): number {
  lseekCall ??= bind('long lseek(int, long, int)');
  return lseekCall(fd, offset, whence);
}

function* seekRanges(fd: number, size: number): Generator<DataRange> {
  const { ENXIO, EINVAL, ENOTSUP } = constants.errno;
  for (let end = 0; end < size; ) {
    const start = lseek(fd, end, SEEK_DATA);
    if (start < 0) {
      const errno = lastErrno();
      // No data from here on: what is left is a hole, or the file has become shorter.
      if (errno === ENXIO) return;
      if (errno !== EINVAL && errno !== ENOTSUP) throw systemError(errno, 'lseek');
      yield { offset: end, length: size - end };
      return;
    }
    if (start >= size) return;
    end = lseek(fd, start, SEEK_HOLE);
    if (end < 0 && lastErrno() !== ENXIO) throw systemError(lastErrno(), 'lseek');
    if (end < 0 || end > size) end = size;
    yield { offset: start, length: end - start };
  }
}

/** Big enough that most directories need one call that fills and one that says there is no more. */
const entries = new Uint8Array(64 * 1024);
const entryView = new DataView(entries.buffer);
/** A longest name, its NUL, what stands before it, and padding. */
const ENTRY_BYTES_MOST = 280;
const DOT = 0x2e;

/** `struct linux_dirent64`: inode 8, position 8, length of the record 2, type 1, then the name with its NUL. */
function* readEntries(fd: number): Steps<DirectoryListing> {
  getdentsCall ??= bind('long getdents64(int, void*, ulong)');
  checked(lseek(fd, 0, SEEK_SET), 'lseek');
  const listing = new ListingBuilder();
  for (;;) {
    const filled = checked(getdentsCall(fd, entries, entries.length), 'getdents64');
    if (filled === 0) return yield* listing.finishInSteps();
    for (let record = 0; record < filled; record += entryView.getUint16(record + 16, true)) {
      const start = record + 19;
      let end = start;
      while (entries[end] !== 0) end++;
      const length = end - start;
      if (length === 1 && entries[start] === DOT) continue;
      if (length === 2 && entries[start] === DOT && entries[start + 1] === DOT) continue;
      listing.add(entries[record + 18]!, entries, start, end);
    }
    // What is shorter by a longest entry is the last but for the call that says so.
    if (filled > entries.length - ENTRY_BYTES_MOST) yield;
  }
}
