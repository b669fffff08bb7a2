import { systemTool } from '../environment.js';
import type { SystemCalls } from '../system-calls.js';
import { plainChanging } from './changing.js';
import { plainOpening } from './opening.js';
import { plainReading } from './reading.js';

/** The calls as far as Node's own `fs` has them, relative to directories by way of `/proc/self/fd`. */
export const plainCalls: SystemCalls = {
  capabilities: () => ({
    nativeCalls: false,
    exactTimes: false,
    xattrs: false,
    holes: false,
    specialFiles: false,
    beneath: false,
    kernelLock: systemTool('flock') !== undefined,
  }),
  peerCredentials: () => undefined,
  sendDatagram: () => false,
  listeningSocket: () => false,
  findOwner: () => undefined,
  ...plainOpening,
  ...plainReading,
  ...plainChanging,
};
