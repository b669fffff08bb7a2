import { DIRECTORY_FLAGS } from '../constants.js';
import { FileStat } from '../file-stat.js';
import type { Capabilities, SystemCalls } from '../system-calls.js';
import { nativeChanging } from './changing.js';
import { loadLibc } from './libc.js';
import { canOpenBeneath, nativeOpening } from './opening.js';
import { nativeOwners } from './owners.js';
import { nativeReading } from './reading.js';
import { nativeSockets } from './sockets.js';
import { nativeXattrs } from './xattrs.js';

const calls: SystemCalls = {
  capabilities: (): Capabilities => ({
    nativeCalls: true,
    exactTimes: true,
    xattrs: true,
    holes: true,
    specialFiles: true,
    beneath: canOpenBeneath(),
    kernelLock: true,
  }),
  ...nativeOpening,
  ...nativeReading,
  ...nativeXattrs,
  ...nativeChanging,
  ...nativeOwners,
  ...nativeSockets,
};

/** The calls through the C library, or undefined where it cannot be reached or lacks what everything here needs. */
export function nativeCalls(): SystemCalls | undefined {
  return loadLibc() && works() ? calls : undefined;
}

/** A sandbox or an old kernel may refuse `statx`; it is better to know that before the first file. */
function works(): boolean {
  try {
    const root = calls.openPath(Uint8Array.of(SLASH), DIRECTORY_FLAGS, 0);
    calls.statFd(root, new FileStat());
    calls.closeFd(root);
    return true;
  } catch {
    return false;
  }
}

const SLASH = 0x2f;
