import { calls } from './calls.js';
import type { PeerCredentials } from './system-calls.js';

/**
 * Who is at the other end of a Unix socket, as the kernel saw it when the connection was made. Undefined where that cannot be
 * told: another kind of socket, or no access to the C library.
 */
export function peerCredentials(fd: number): PeerCredentials | undefined {
  return calls().peerCredentials(fd);
}
