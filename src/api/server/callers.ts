import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BitacoraError, toHex } from '../../base/index.js';
import type { TokenRecord } from '../../format/index.js';
import { ADMINISTRATOR, type Caller, grantedCaller, type Who } from '../authority.js';
import { OPERATIONS, type OperationName } from '../operations.js';
import type { PeerSettings } from '../settings.js';
import type { Tokens } from '../tokens.js';
import type { Attempts } from './attempts.js';
import type { ServerParts } from './parts.js';
import { isOwner, type Peer, type Peers, peerKey } from './peer.js';

export interface CallersParts {
  readonly parts: ServerParts;
  readonly tokens: Tokens;
  readonly peers: Peers;
  readonly attempts: Attempts;
  readonly closing: AbortSignal;
  /** Whether the permissions of the Unix socket alone say who is an administrator; asked where the kernel does not tell more. */
  ownersAlone(): boolean;
}

/** Tells who makes a call, and cuts off whose token is revoked meanwhile. */
export class Callers {
  readonly #parts: CallersParts;
  readonly #callers = new WeakMap<IncomingMessage, Caller>();
  readonly #ofTokens = new WeakMap<TokenRecord['hash'], Caller>();
  readonly #answering = new Map<string, Set<FastifyReply>>();
  #ofPeers = new Map<number, Caller>();
  /** What those were made of. */
  #settings: readonly PeerSettings[] = [];

  constructor(parts: CallersParts) {
    this.#parts = parts;
    parts.tokens.onRevoked((id) => {
      for (const reply of this.#answering.get(id) ?? []) {
        // A token that ends itself is told so.
        if (reply.request.routeOptions.url !== OPERATIONS['token-revoke'].path) reply.raw.destroy();
      }
    });
  }

  /** Whom `identify` has found. */
  of({ raw }: FastifyRequest): Caller {
    const caller = this.#callers.get(raw);
    if (!caller) throw new TypeError('Nobody has said yet who makes this call.');
    return caller;
  }

  /**
   * Finds out who makes a call, before anything else of it is looked at.
   *
   * @throws {BitacoraError} `UNAUTHENTICATED`, after a while where that happens often; `TOO_MANY`; `NOT_ALLOWED`.
   */
  async identify(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const peer = this.#parts.peers.of(request.raw.socket);
    if (!peer) throw nobody();
    const { authorization } = request.headers;
    const caller =
      authorization !== undefined || peer.kind === 'tcp'
        ? await this.#byToken(authorization, peer, reply)
        : this.#byPeer(peer.uid, isOwner(peer));
    this.#callers.set(request.raw, caller);
  }

  async #byToken(header: string | undefined, peer: Peer, reply: FastifyReply): Promise<Caller> {
    const { tokens, attempts, closing, parts } = this.#parts;
    const { clock, logger } = parts.host;
    const text = header === undefined ? undefined : /^bearer +(\S+) *$/i.exec(header)?.[1];
    const record = text === undefined ? undefined : tokens.find(text, clock.now());
    if (!record) {
      reply.header(
        'www-authenticate',
        `Bearer realm="bitacora"${header === undefined ? '' : ', error="invalid_token"'}`,
      );
      if (header === undefined) throw unauthenticated('This call wants a bearer token: `Authorization: Bearer …`.');
      await attempts.failed(peerKey(peer), closing);
      throw unauthenticated('That is no token of this vault, or it counts no more.');
    }
    tokens.use(record, clock.now(), logger);
    this.#track(toHex(record.id), reply);
    let caller = this.#ofTokens.get(record.hash);
    if (!caller) {
      caller = grantedCaller('the token', [{ users: record.users ?? ['*'], scopes: record.scopes }], scopeOf);
      this.#ofTokens.set(record.hash, caller);
    }
    return caller;
  }

  #byPeer(uid: number | undefined, owner: boolean): Caller {
    if (owner) return ADMINISTRATOR;
    if (uid === undefined) {
      // The system does not tell who it is.
      if (this.#parts.ownersAlone()) return ADMINISTRATOR;
      throw nobody();
    }
    const { peers } = this.#parts.parts.host.settings.access;
    if (peers !== this.#settings) {
      this.#settings = peers;
      this.#ofPeers = new Map();
    }
    let caller = this.#ofPeers.get(uid);
    if (!caller) {
      const grants = peers.filter((peer) => peer.uid === uid);
      if (grants.length === 0) throw nobody();
      caller = grantedCaller(`the user ${uid}`, grants, scopeOf);
      this.#ofPeers.set(uid, caller);
    }
    return caller;
  }

  #track(id: string, reply: FastifyReply): void {
    let replies = this.#answering.get(id);
    if (!replies) {
      replies = new Set();
      this.#answering.set(id, replies);
    }
    replies.add(reply);
    reply.raw.once('close', () => {
      replies.delete(reply);
      if (replies.size === 0 && this.#answering.get(id) === replies) this.#answering.delete(id);
    });
  }
}

function scopeOf(operation: string): Who['scope'] | undefined {
  return Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation as OperationName].who.scope : undefined;
}

function unauthenticated(message: string): BitacoraError {
  return new BitacoraError('UNAUTHENTICATED', message);
}

function nobody(): BitacoraError {
  const message =
    'Only the user that the daemon runs as, root, and those whom `[[api.peer]]` names may ask it for anything.';
  return new BitacoraError('NOT_ALLOWED', message);
}
