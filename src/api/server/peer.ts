import { statSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { peerCredentials } from '../../posix/index.js';

/** Who is at the other end of a connection, as far as the kernel tells. */
export type Peer =
  | { readonly kind: 'tcp'; readonly address: string }
  /** Without a uid it could not be told. */
  | { readonly kind: 'unix'; readonly uid: number | undefined };

/** How many connections one peer may have at once; whoever is an administrator has no such limit. */
export interface PeerLimits {
  readonly peerConnectionsMax: number;
}

/**
 * Knows who is behind each connection of the servers that it watches, from the moment when it was made: later it may be closed,
 * and then nobody can tell any more.
 */
export class Peers {
  readonly #limits: PeerLimits;
  readonly #peers = new WeakMap<Socket, Peer>();
  readonly #counts = new Map<string, number>();

  constructor(limits: PeerLimits) {
    this.#limits = limits;
  }

  watch(server: Server, kind: Peer['kind']): void {
    server.on('connection', (socket) => {
      const peer = peerOf(socket, kind);
      this.#peers.set(socket, peer);
      if (isOwner(peer)) return;
      const key = peerKey(peer);
      const count = (this.#counts.get(key) ?? 0) + 1;
      if (count > this.#limits.peerConnectionsMax) {
        socket.destroy();
        return;
      }
      this.#counts.set(key, count);
      socket.once('close', () => {
        const left = this.#counts.get(key)! - 1;
        if (left > 0) this.#counts.set(key, left);
        else this.#counts.delete(key);
      });
    });
  }

  /** Undefined for a connection that is not known. */
  of(socket: Socket): Peer | undefined {
    return this.#peers.get(socket);
  }
}

/** What stands for a peer where peers are counted. */
export function peerKey(peer: Peer): string {
  return peer.kind === 'tcp' ? peer.address : `uid ${peer.uid ?? 'unknown'}`;
}

/** Whether it is root or the user that this process runs as. */
export function isOwner(peer: Peer): boolean {
  return peer.kind === 'unix' && peer.uid !== undefined && (peer.uid === 0 || peer.uid === process.geteuid?.());
}

/** Whether the permissions of a socket alone keep everybody from it but its owner and root. */
export function isOwnersAlone(path: string): boolean {
  const { mode, uid } = statSync(path);
  return (mode & 0o066) === 0 && (uid === 0 || uid === process.geteuid?.());
}

function peerOf(socket: Socket, kind: Peer['kind']): Peer {
  if (kind === 'tcp') return { kind, address: socket.remoteAddress ?? 'unknown' };
  const { _handle: handle } = socket as unknown as { _handle?: { readonly fd?: unknown } | null };
  const fd = handle?.fd;
  return { kind, uid: typeof fd === 'number' && fd >= 0 ? peerCredentials(fd)?.uid : undefined };
}
