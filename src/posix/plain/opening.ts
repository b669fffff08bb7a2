import { closeSync, constants, openSync, readSync } from 'node:fs';
import { asBuffer } from '../../base/index.js';
import { named } from '../errors.js';
import { pathBuffer, procPath, splitRelative, terminateBytes } from '../names.js';
import type { OpeningCalls } from '../system-calls.js';
import { walkBeneath } from '../walk-beneath.js';

const path = pathBuffer();

// Node itself adds O_CLOEXEC.
export const plainOpening: OpeningCalls = {
  openPath(target, flags, mode) {
    terminateBytes(target, path, 'open');
    return named('open', target, () => openSync(asBuffer(target), flags, mode));
  },

  openFileAt(dirfd, name, flags, mode) {
    const target = procPath(dirfd, name, 'openat');
    return named('openat', name, () => openSync(target, flags | constants.O_NOFOLLOW, mode));
  },

  closeFd: (fd) => closeSync(fd),
  readAt: (fd, into, position) => readSync(fd, into, 0, into.length, position),

  openBeneath: (rootFd, relative, flags, mode) =>
    walkBeneath(plainOpening, rootFd, splitRelative(relative, 'openat2'), flags, mode),
};
