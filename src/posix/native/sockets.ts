import { constants } from 'node:os';
import { systemError } from '../errors.js';
import type { ListeningSocket, SystemCalls } from '../system-calls.js';
import { bind, checked, type LibcFunction, lastErrno } from './libc.js';
import { nativeOpening } from './opening.js';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
/** `sun_path` without the zero byte behind a path. */
const ADDRESS_BYTES_MAX = 107;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_TYPE = 3;
const SO_ACCEPTCONN = 30;
const SOCK_STREAM = 1;
const AF_INET = 2;
const AF_INET6 = 10;
/** `struct sockaddr_storage` */
const SOCKADDR_BYTES = 128;

/** `struct ucred`: process, user and group as 32-bit numbers. */
const credentials = new Int32Array(3);
const credentialsBytes = new Uint8Array(credentials.buffer);
const length = new Uint32Array(1);
const lengthBytes = new Uint8Array(length.buffer);

let getsockopt: LibcFunction | undefined;

export const nativeSockets = {
  sendDatagram(address, payload) {
    if (address.length === 0 || address.length > ADDRESS_BYTES_MAX) throw systemError(constants.errno.EINVAL, 'sendto');
    // `struct sockaddr_un`: the family in 16 bits, then the path, ended by a zero byte unless it begins with one.
    const name = new Uint8Array(2 + address.length + (address[0] === 0 ? 0 : 1));
    name[0] = AF_UNIX;
    name.set(address, 2);
    const socket = bind('int socket(int, int, int)');
    const sendto = bind('long sendto(int, const void*, ulong, int, const void*, uint)');
    const fd = checked(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'socket');
    try {
      checked(sendto(fd, payload, payload.length, MSG_NOSIGNAL, name, name.length), 'sendto', address);
    } finally {
      nativeOpening.closeFd(fd);
    }
    return true;
  },

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
  listeningSocket(fd) {
    if (option(fd, SO_TYPE) !== SOCK_STREAM || option(fd, SO_ACCEPTCONN) !== 1) return undefined;
    const address = new Uint8Array(SOCKADDR_BYTES);
    length[0] = address.length;
    checked(bind('int getsockname(int, void*, void*)')(fd, address, lengthBytes), 'getsockname');
    return addressOfSocket(Buffer.from(address.buffer, 0, length[0]));
  },
} satisfies Partial<SystemCalls>;

const value = new Int32Array(1);
const valueBytes = new Uint8Array(value.buffer);

/** Undefined of what is no socket. */
function option(fd: number, name: number): number | undefined {
  getsockopt ??= bind('int getsockopt(int, int, int, void*, void*)');
  length[0] = valueBytes.length;
  if (getsockopt(fd, SOL_SOCKET, name, valueBytes, lengthBytes) >= 0) return value[0];
  const errno = lastErrno();
  if (errno === constants.errno.ENOTSOCK || errno === constants.errno.EBADF) return undefined;
  throw systemError(errno, 'getsockopt');
}

/** The family in 16 bits of this machine's order, then what it has, ports and addresses most significant first. */
function addressOfSocket(address: Buffer): ListeningSocket | undefined {
  const family = address.readUInt16LE(0);
  if (family === AF_UNIX) {
    const name = address.subarray(2);
    const end = name.indexOf(0);
    return { kind: 'unix', path: name.subarray(0, end < 0 ? name.length : end).toString() };
  }
  if (family === AF_INET) return { kind: 'tcp', host: address.subarray(4, 8).join('.'), port: address.readUInt16BE(2) };
  if (family !== AF_INET6) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => address.readUInt16BE(8 + 2 * index).toString(16));
  // As a URL has it: shortened in the one way that there is.
  return { kind: 'tcp', host: new URL(`http://[${groups.join(':')}]`).hostname, port: address.readUInt16BE(2) };
}
