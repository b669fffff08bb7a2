import { utf8 } from '../../src/base/index.js';
import { bind, checked, loadLibc } from '../../src/posix/native/libc.js';

/** Why tests that play systemd cannot run here; false where they can. */
export const withoutLibc = loadLibc() ? false : 'no access to the C library';

const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;

interface Tearing {
  teardown(close: () => void): void;
}

function openSocket(t: Tearing, family: number, type: number, address: Uint8Array): number {
  const fd = checked(bind('int socket(int, int, int)')(family, type | SOCK_CLOEXEC, 0), 'socket');
  t.teardown(() => bind('int close(int)')(fd));
  checked(bind('int bind(int, const void*, uint)')(fd, address, address.length), 'bind');
  return fd;
}

function unixAddress(path: string): Uint8Array {
  const address = new Uint8Array(2 + Buffer.byteLength(path) + 1);
  address[0] = AF_UNIX;
  address.set(utf8(path), 2);
  return address;
}

/** What a service manager is: a datagram socket. Returns what reads all words that have arrived, in order. */
export function serviceManager(t: Tearing, path: string): () => string[] {
  const fd = openSocket(t, AF_UNIX, SOCK_DGRAM, unixAddress(path));
  const recv = bind('long recv(int, void*, ulong, int)');
  return () => {
    const words: string[] = [];
    for (;;) {
      const into = new Uint8Array(4096);
      const length = recv(fd, into, into.length, MSG_DONTWAIT);
      if (length < 0) return words;
      words.push(...Buffer.from(into.subarray(0, length)).toString().trim().split('\n'));
    }
  };
}

/** A socket that listens and that this process never accepts from, as a socket unit has it: of a path, or of TCP where there is none. */
export function socketUnit(t: Tearing, path?: string): number {
  const loopback = new Uint8Array(16);
  loopback.set([AF_INET, 0, 0, 0, 127, 0, 0, 1]);
  const fd =
    path === undefined
      ? openSocket(t, AF_INET, SOCK_STREAM, loopback)
      : openSocket(t, AF_UNIX, SOCK_STREAM, unixAddress(path));
  checked(bind('int listen(int, int)')(fd, 16), 'listen');
  return fd;
}
