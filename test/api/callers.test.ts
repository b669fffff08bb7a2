import { EventEmitter } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import t from 'tap';
import { type AccessSettings, DEFAULT_SETTINGS } from '../../src/api/index.js';
import { Attempts } from '../../src/api/server/attempts.js';
import { Callers } from '../../src/api/server/callers.js';
import { DEFAULT_LIMITS, type ServerParts } from '../../src/api/server/parts.js';
import type { Peer, Peers } from '../../src/api/server/peer.js';
import { Tokens } from '../../src/api/tokens.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import type { TokenFiles } from '../../src/vault/index.js';

/** Whether a peer is an administrator, may ask for somebody, or for nothing. */
function judge(peer: Peer | undefined, settings: { access: AccessSettings }, ownersAlone = false) {
  const host = { settings: { ...DEFAULT_SETTINGS, ...settings }, clock: systemClock, logger: silentLogger };
  const { signal: closing } = new AbortController();
  const callers = new Callers({
    parts: { host } as unknown as ServerParts,
    tokens: new Tokens({} as TokenFiles),
    peers: { of: () => peer } as unknown as Peers,
    attempts: new Attempts(DEFAULT_LIMITS, systemClock),
    closing,
    ownersAlone: () => ownersAlone,
  });
  const request = { raw: {}, headers: {} } as unknown as FastifyRequest;
  const reply = { raw: new EventEmitter(), header: () => reply } as unknown as FastifyReply;
  return callers.identify(request, reply).then(
    () => callers.of(request),
    (error: { code: string }) => error.code,
  );
}

const NOBODY = { access: { hosts: [], peers: [], allowedTargets: [] } };
const SOME = { access: { ...NOBODY.access, peers: [{ uid: 4001, users: ['ana'], scopes: ['list' as const] }] } };

t.test('who cannot be told is nobody, unless the permissions of the socket alone have decided', async (t) => {
  const unknown: Peer = { kind: 'unix', uid: undefined };
  t.equal(await judge(unknown, NOBODY), 'NOT_ALLOWED');
  t.equal(await judge(unknown, SOME), 'NOT_ALLOWED');
  t.match(await judge(unknown, NOBODY, true), { administrator: true });
  t.equal(await judge(undefined, NOBODY, true), 'NOT_ALLOWED', 'nor is a connection that nobody has seen come');
});

t.test('a uid is what the settings of the moment say, and no more', async (t) => {
  t.equal(await judge({ kind: 'unix', uid: 4001 }, NOBODY, true), 'NOT_ALLOWED', 'whatever the permissions');
  const peer = await judge({ kind: 'unix', uid: 4001 }, SOME);
  if (typeof peer === 'string') throw new Error(peer);
  t.same(
    [peer.administrator, peer.has('list', 'ana'), peer.has('list', 'bob'), peer.has('backup', 'ana')],
    [false, true, false, false],
  );
  t.equal(await judge({ kind: 'unix', uid: 4002 }, SOME), 'NOT_ALLOWED');
  t.match(await judge({ kind: 'unix', uid: 0 }, SOME), { administrator: true });
  t.equal(await judge({ kind: 'tcp', address: '127.0.0.1' }, SOME, true), 'UNAUTHENTICATED');
});
