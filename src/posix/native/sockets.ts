import { constants } from 'node:os';
import { systemError } from '../errors.js';
import type { SystemCalls } from '../system-calls.js';
import { bind, type LibcFunction, lastErrno } from './libc.js';

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** `struct ucred`: process, user and group as 32-bit numbers. */
const credentials = new Int32Array(3);
const credentialsBytes = new Uint8Array(credentials.buffer);
const length = new Uint32Array(1);
const lengthBytes = new Uint8Array(length.buffer);

let getsockopt: LibcFunction | undefined;

export const nativeSockets = {
  peerCredentials(fd) {
    getsockopt ??= bind('int getsockopt(int, int, int, void*, void*)');
    length[0] = credentialsBytes.length;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentialsBytes, lengthBytes) < 0) {
      const errno = lastErrno();
      if (errno === constants.errno.ENOTSOCK || errno === constants.errno.ENOPROTOOPT) return undefined;
      throw systemError(errno, 'getsockopt');
    }
    const [pid, uid, gid] = credentials as unknown as [number, number, number];
    return { pid, uid: uid >>> 0, gid: gid >>> 0 };
  },
} satisfies Partial<SystemCalls>;
