import { type RequestOptions, request } from 'node:http';
import t, { type Test } from 'tap';
import { type AccessSettings, DEFAULT_SETTINGS } from '../../src/api/index.js';
import { tokensOf } from '../../src/api/tokens.js';
import { silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import { capabilities } from '../../src/posix/index.js';
import { connectAs } from '../helpers/connect-as.js';
import { type Scope, TABLE, type Whom } from './authority-table.js';
import { parse, type Served, serve } from './fixture.js';
import { type Ask, ask, collect, type Reply } from './http.js';

type Grants = readonly { readonly users: readonly string[]; readonly scopes: readonly Scope[] }[];
interface Kind {
  readonly name: string;
  /** Undefined: an administrator. `none`: nobody at all. */
  readonly grants: Grants | 'none' | 'stranger' | undefined;
  ask(path: string, options: Ask): Promise<Reply>;
}

const EVERYTHING: readonly Scope[] = ['backup', 'restore', 'list', 'admin'];
const PEERS = [
  { uid: 4001, users: ['ana'], scopes: EVERYTHING },
  { uid: 4002, users: ['*'], scopes: ['list'] },
  { uid: 4003, users: ['ana'], scopes: ['list'] },
  { uid: 4003, users: ['bob'], scopes: ['backup'] },
] as unknown as AccessSettings['peers'];
const GROUP = 4000;
const NO_JOB = '018f4d2e-0000-7000-8000-000000000000';

/** The users `ana` and `bob` with a snapshot and a job each; `carol` is nobody. */
async function place(t: Test): Promise<Served & { readonly jobs: Readonly<Record<string, string>> }> {
  const access = { hosts: [], peers: PEERS, allowedTargets: ['/allowed'] };
  const isRoot = process.geteuid?.() === 0;
  const serving = { listen: '127.0.0.1:0', ...(isRoot ? { socketGroup: String(GROUP) } : {}) };
  const served = await serve(t, {
    settings: { ...DEFAULT_SETTINGS, access },
    serving,
    limits: { wrongTokensFree: 10_000 },
  });
  const jobs: Record<string, string> = {};
  for (const user of ['ana', 'bob']) {
    t.equal((await served.backUp({ user_id: user })).status, 200);
    jobs[user] = served.daemon.queue.list({ user })[0]!.id;
  }
  return { ...served, jobs: { ...jobs, carol: NO_JOB } };
}

async function tokenFor(
  { daemon }: Served,
  name: string,
  users: readonly string[] | null,
  scopes: readonly Scope[],
  expires = 0,
): Promise<string> {
  const wishes = { name, users, scopes, expires } as Parameters<ReturnType<typeof tokensOf>['create']>[0];
  const { token } = await tokensOf(daemon.vault).create(wishes, { clock: systemClock, random: systemRandom });
  return token;
}

async function kinds(served: Served): Promise<Kind[]> {
  const { socket, daemon } = served;
  const bearing = (token: string | undefined) => (path: string, options: Ask) =>
    ask(socket, path, { ...options, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  const token = async (name: string, users: readonly string[] | null, scopes: readonly Scope[]): Promise<Kind> => ({
    name: `token ${name}`,
    grants: [{ users: users ?? ['*'], scopes }],
    ask: bearing(await tokenFor(served, name, users, scopes)),
  });
  const revoked = await tokenFor(served, 'revoked', null, EVERYTHING);
  await tokensOf(daemon.vault).revoke('revoked');
  const peer = (uid: number, grants: Kind['grants']): Kind => ({
    name: `peer ${uid}`,
    grants,
    ask: (path, options) => askAs(uid, socket, path, options),
  });
  const peers =
    process.geteuid?.() === 0 && capabilities().nativeCalls
      ? [
          ...[4001, 4002, 4003].map((uid) =>
            peer(
              uid,
              (PEERS as unknown as (Grants[0] & { uid: number })[]).filter((one) => one.uid === uid),
            ),
          ),
          peer(4004, 'stranger'),
        ]
      : [];
  return [
    { name: 'administrator', grants: undefined, ask: bearing(undefined) },
    await token('ana', ['ana'], ['backup', 'restore', 'list']),
    await token('ana-list', ['ana'], ['list']),
    await token('ana-admin', ['ana'], ['admin']),
    await token('bob', ['bob', 'carol'], EVERYTHING),
    await token('all', null, EVERYTHING),
    await token('all-metrics', null, ['metrics']),
    await token('ana-metrics', ['ana'], ['metrics']),
    { name: 'expired', grants: 'none', ask: bearing(await tokenFor(served, 'expired', null, EVERYTHING, 1)) },
    { name: 'revoked', grants: 'none', ask: bearing(revoked) },
    { name: 'garbage', grants: 'none', ask: bearing('bitacora_0123456789abcdef_none') },
    { name: 'nobody over TCP', grants: 'none', ask: (path, options) => askTcp(served, path, options) },
    ...peers,
  ];
}

function send(options: RequestOptions, { method = 'GET', headers, body }: Ask): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const call = request({ ...options, method, headers: { ...json, ...headers } });
    call.on('error', reject);
    call.on('response', (response) => {
      if (response.headers['content-type']?.includes('event-stream')) call.destroy();
      void collect(response).then(resolve, reject);
    });
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function askAs(uid: number, socket: string, path: string, options: Ask): Promise<Reply> {
  return send({ path, createConnection: () => connectAs(uid, GROUP, socket) }, options);
}

function askTcp({ daemon }: Served, path: string, options: Ask): Promise<Reply> {
  return send({ path, agent: false, ...daemon.server.address! }, options);
}

/** What must come of a call, by the table and nothing else. */
function expected(kind: Kind, scope: Scope, whom: Whom, user: string): string {
  const { grants } = kind;
  if (grants === 'none') return 'UNAUTHENTICATED';
  if (grants === 'stranger') return 'NOT_ALLOWED';
  const unknown = whom === 'job' ? 'UNKNOWN_JOB' : 'UNKNOWN_USER';
  const exists = whom === 'all' || whom === 'own' || user !== 'carol';
  if (grants === undefined) return exists || whom === 'user' ? 'may' : unknown;
  const has = (wanted: Scope) => (one: Grants[0]) =>
    wanted === 'anybody' || one.scopes.includes(wanted) || (wanted === 'metrics' && one.scopes.includes('admin'));
  if (!grants.some(has(scope))) return 'NOT_ALLOWED';
  if (whom === 'own') return 'may';
  // A job may be known to whoever may ask for the like: these are backups.
  const those = grants.filter(has(whom === 'job' ? 'backup' : scope));
  const everybody = those.some(({ users }) => users.includes('*'));
  if (whom === 'all') return everybody ? 'may' : 'NOT_ALLOWED';
  return exists && (everybody || those.some(({ users }) => users.includes(user))) ? 'may' : unknown;
}

/** The same whomever it was about. */
function anonymous(text: string, { user, job }: { user: string; job: string }): string {
  return text.replaceAll(user, 'USER').replaceAll(job, 'JOB');
}

t.test('every call of the description is answered to whom the table says, and to nobody else', async (t) => {
  const served = await place(t);
  const document = parse((await ask(served.socket, '/api/openapi.json')).text) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const described = Object.values(document.paths).flatMap((path) => Object.values(path).map((one) => one.operationId));
  t.same([...new Set(TABLE.map(([operation]) => operation))].sort(), described.sort(), 'each has a row');
  for (const kind of await kinds(served)) {
    const wrong: string[] = [];
    for (const [operation, scope, whom, call] of TABLE) {
      const hidden: string[] = [];
      for (const user of whom === 'all' || whom === 'own' ? ['ana'] : ['ana', 'bob', 'carol']) {
        const names = { user, job: served.jobs[user]! };
        // Of whoever may make users, some calls do: those are tried on the others.
        if (kind.grants === undefined && user === 'carol' && scope === 'backup') continue;
        // This does not end by itself where it may be asked.
        if (operation === 'watch-jobs' && expected(kind, scope, whom, user) === 'may') continue;
        const [method, path, body] = call(names);
        const reply = await kind.ask(path, { method, ...(body ? { body } : {}) });
        const code = errorCode(reply);
        const wanted = expected(kind, scope, whom, user);
        if (
          wanted === 'may'
            ? DENIALS.has(code) && !(code === 'UNKNOWN_USER' && kind.grants === undefined)
            : code !== wanted
        ) {
          wrong.push(`${operation} ${whom} ${user}: ${wanted} expected, but ${reply.status} ${reply.text}`);
        }
        if (wanted === 'UNKNOWN_USER' || wanted === 'UNKNOWN_JOB')
          hidden.push(`${reply.status} ${anonymous(reply.text, names)}`);
      }
      if (new Set(hidden).size > 1)
        wrong.push(`${operation}: what is not there and what is not theirs differ: ${hidden.join(' / ')}`);
    }
    t.same(wrong, [], kind.name);
  }
});

const DENIALS = new Set(['UNAUTHENTICATED', 'NOT_ALLOWED', 'UNKNOWN_USER', 'UNKNOWN_JOB']);

function errorCode({ status, text }: Reply): string {
  if (status < 400 || !text.startsWith('{')) return 'none';
  const { error } = parse(text) as { error?: { code?: string } };
  return error?.code ?? 'none';
}

t.test('lists tell a caller of its own users and their jobs alone', async (t) => {
  const served = await place(t);
  const token = await tokenFor(served, 'app', ['ana'], ['list', 'backup']);
  const headers = { authorization: `Bearer ${token}` };
  const get = async (path: string) => parse((await ask(served.socket, path, { headers })).text);
  t.match(await get('/api/users'), { users: [{ user_id: 'ana' }] });
  t.match(await get('/api/stats'), { users: [{ user_id: 'ana' }], total: { snapshots: 1 } });
  t.match(await get('/api/jobs'), { jobs: [{ user_id: 'ana' }] });
  for (const path of ['/api/users', '/api/stats', '/api/jobs']) t.notMatch(JSON.stringify(await get(path)), /bob/);
  t.same(await get('/api/health'), { status: 'ok' }, 'and of the daemon no more than how it is');
  const silent = await tokenFor(served, 'no-jobs', ['ana'], ['list']);
  const jobs = await ask(served.socket, '/api/jobs', { headers: { authorization: `Bearer ${silent}` } });
  t.same(parse(jobs.text), { jobs: [] }, 'nor of jobs that it may not ask for');
  await tokensOf(served.daemon.vault).load(silentLogger);
});
