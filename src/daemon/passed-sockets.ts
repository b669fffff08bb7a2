import { BitacoraError } from '../base/index.js';
import { listeningSocket } from '../posix/index.js';
import type { PassedDescriptor } from './environment.js';

/** Sockets that the service manager listens on already and has passed on. */
export interface PassedSockets {
  readonly unix?: { readonly fd: number; readonly path: string };
  readonly tcp?: { readonly fd: number; readonly host: string; readonly port: number };
}

/**
 * What the service manager has passed on (sd_listen_fds(3)): at most one Unix socket and one of TCP. A descriptor's own kind says
 * which it is; where a unit names one `api` or `tcp`, it must be of that kind.
 *
 * @throws {BitacoraError} `CONFIG` for what the daemon cannot serve; `UNSUPPORTED` where it cannot be told what they are.
 */
export function passedSockets(descriptors: readonly PassedDescriptor[]): PassedSockets {
  let unix: PassedSockets['unix'];
  let tcp: PassedSockets['tcp'];
  for (const { fd, name } of descriptors) {
    const socket = listeningSocket(fd);
    if (socket === false) {
      const message =
        'The service manager has passed sockets on, and taking them over needs the native calls (the package koffi). Disable the socket unit; the daemon then makes its own.';
      throw new BitacoraError('UNSUPPORTED', message);
    }
    if (!socket) throw wrong(fd, name, 'is no stream socket that listens');
    if (WANTED[name] !== undefined && WANTED[name] !== socket.kind)
      throw wrong(fd, name, `is of the kind ${socket.kind}`);
    if (socket.kind === 'unix') {
      if (unix) throw wrong(fd, name, 'is a second Unix socket');
      if (!socket.path.startsWith('/')) throw wrong(fd, name, 'has no path in the file system');
      unix = { fd, path: socket.path };
    } else {
      if (tcp) throw wrong(fd, name, 'is a second TCP socket');
      tcp = { fd, host: socket.host, port: socket.port };
    }
  }
  return { ...(unix && { unix }), ...(tcp && { tcp }) };
}

/** The names that `systemd/bitacora.socket` gives. */
const WANTED: Readonly<Record<string, 'unix' | 'tcp' | undefined>> = { api: 'unix', tcp: 'tcp' };

function wrong(fd: number, name: string, why: string): BitacoraError {
  const message = `The socket ${name === '' ? '' : `"${name}" `}that the service manager has passed on as descriptor ${fd} ${why}: expected one Unix socket with a path, and at most one of TCP.`;
  return new BitacoraError('CONFIG', message);
}
