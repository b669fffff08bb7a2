import { calls } from './calls.js';
import type { ListeningSocket, PeerCredentials } from './system-calls.js';

/**
 * Who is at the other end of a Unix socket, as the kernel saw it when the connection was made. Undefined where that cannot be
 * told: another kind of socket, or no access to the C library.
 */
export function peerCredentials(fd: number): PeerCredentials | undefined {
  return calls().peerCredentials(fd);
}

/**
 * Sends one datagram to a Unix socket.
 *
 * @param address - A path, or with a zero byte in front a name of the abstract kind.
 * @returns false where that takes the C library and it cannot be reached.
 * @throws the system's error.
 */
export function sendDatagram(address: Uint8Array, payload: Uint8Array): boolean {
  return calls().sendDatagram(address, payload);
}

/**
 * Where a socket that this process was given listens. Undefined where the descriptor is no listening stream socket of the Unix or
 * the TCP kind.
 *
 * @returns false where telling takes the C library and it cannot be reached.
 */
export function listeningSocket(fd: number): ListeningSocket | undefined | false {
  return calls().listeningSocket(fd);
}
