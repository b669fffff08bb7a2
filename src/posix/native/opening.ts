import { constants } from 'node:fs';
import { AT_FDCWD, O_CLOEXEC, O_PATH } from '../constants.js';
import { pathBuffer, splitRelative, terminateBytes, terminateName } from '../names.js';
import type { OpeningCalls } from '../system-calls.js';
import { walkBeneath } from '../walk-beneath.js';
import { bind, checked, type LibcFunction } from './libc.js';

const path = pathBuffer();
let openatCall: LibcFunction | undefined;
let openat2Call: LibcFunction | undefined;
let closeCall: LibcFunction | undefined;
let preadCall: LibcFunction | undefined;

function openat(dirfd: number, terminated: Uint8Array, flags: number, mode: number): number {
  openatCall ??= bind('int openat(int, const void*, int, uint)');
  return openatCall(dirfd, terminated, flags | O_CLOEXEC, mode);
}

export const nativeOpening: OpeningCalls = {
  openPath(target, flags, mode) {
    terminateBytes(target, path, 'open');
    return checked(openat(AT_FDCWD, path, flags, mode), 'open', target);
  },

  openFileAt(dirfd, name, flags, mode) {
    terminateName(name, path, 'openat');
    return checked(openat(dirfd, path, flags | constants.O_NOFOLLOW, mode), 'openat', name);
  },

  closeFd(fd) {
    closeCall ??= bind('int close(int)');
    checked(closeCall(fd), 'close');
  },

  readAt(fd, into, position) {
    preadCall ??= bind('long pread(int, void*, ulong, long)');
    return checked(preadCall(fd, into, into.length, position), 'pread');
  },

  openBeneath(rootFd, relative, flags, mode) {
    const components = splitRelative(relative, 'openat2');
    if (relative.length < path.length && canOpenBeneath()) {
      terminateBytes(relative, path, 'openat2');
      return checked(openat2(rootFd, path, flags | constants.O_NOFOLLOW, mode), 'openat2', relative);
    }
    return walkBeneath(nativeOpening, rootFd, components, flags, mode);
  },
};

const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const CREATES = constants.O_CREAT;

/** `struct open_how`: flags, mode and resolve, 64 bits each. */
const how = new BigUint64Array(3);
const howBytes = new Uint8Array(how.buffer);

function openat2(dirfd: number, terminated: Uint8Array, flags: number, mode: number): number {
  openat2Call ??= bind('int openat2(int, const void*, const void*, ulong)');
  how[0] = BigInt(flags | O_CLOEXEC);
  // The kernel refuses a mode where nothing is created.
  how[1] = BigInt(flags & CREATES ? mode & 0o7777 : 0);
  how[2] = BigInt(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  return openat2Call(dirfd, terminated, howBytes, howBytes.length);
}

let beneath: boolean | undefined;

/** Asked once: the kernel is older than 5.6, or a sandbox forbids the call in its own way (not only by ENOSYS). */
export function canOpenBeneath(): boolean {
  if (beneath === undefined) {
    const fd = openat2(AT_FDCWD, Uint8Array.of(0x2e, 0), O_PATH, 0);
    if (fd >= 0) nativeOpening.closeFd(fd);
    beneath = fd >= 0;
  }
  return beneath;
}
