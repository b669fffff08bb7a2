import type { Socket } from 'node:net';
import { peerCredentials } from '../../posix/index.js';

/**
 * Whether who is at the other end of a Unix socket is root or the user that this process runs as. Where the system does not
 * tell, the permissions of the socket have decided.
 */
export function isAllowed(socket: Socket): boolean {
  const { _handle: handle } = socket as unknown as { _handle?: { readonly fd?: unknown } | null };
  const fd = handle?.fd;
  if (typeof fd !== 'number' || fd < 0) return true;
  const peer = peerCredentials(fd);
  return peer === undefined || peer.uid === 0 || peer.uid === process.geteuid?.();
}
