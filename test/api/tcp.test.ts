import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DEFAULT_SETTINGS, type Settings } from '../../src/api/index.js';
import { systemRandom } from '../../src/base/index.js';
import type { TestDaemonOptions } from './daemon.js';
import { parse, type Served, serve } from './fixture.js';
import { ask, type Reply } from './http.js';

interface Tcp extends Served {
  readonly token: string;
  readonly host: string;
  /** A call over TCP; its headers are all that it has. */
  call(path: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
}

async function overTcp(t: Test, options: Partial<TestDaemonOptions> = {}): Promise<Tcp> {
  const settings: Settings = {
    ...DEFAULT_SETTINGS,
    access: { hosts: ['backup.example.org'], peers: [], allowedTargets: [] },
  };
  const served = await serve(t, { settings, serving: { listen: '127.0.0.1:0' }, ...options });
  const made = await ask(served.socket, '/api/tokens', { body: { name: 'app', users: ['*'], scopes: ['list'] } });
  const { host, port } = served.daemon.server.address!;
  const call = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
    parseReply(
      await talk(open(t, served), `GET ${path} HTTP/1.1\r\n${lines({ connection: 'close', ...headers })}\r\n`),
    );
  return { ...served, token: String(parse(made.text).token), host: `${host}:${port}`, call };
}

function lines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

function open(t: Test, { daemon }: Pick<Served, 'daemon'>): Socket {
  const socket = connect(daemon.server.address!);
  socket.on('error', () => {});
  t.teardown(() => void socket.destroy());
  return socket;
}

/** All that comes until the other side closes. */
function talk(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      answer += part;
    });
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
}

function parseReply(text: string): Reply {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const [first = '', ...rest] = head.split('\r\n');
  const headers = Object.fromEntries(
    rest.map((line) => [line.split(':')[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(first.split(' ')[1]), headers, text: body, complete: true };
}

t.test('TCP wants a token, of which nothing else on the way says whether it is near', async (t) => {
  const { call, host, token, socket } = await overTcp(t);
  for (const path of ['/api/health', '/api/users', '/api/openapi.json', '/metrics', '/none']) {
    const refused = await call(path, { host });
    t.match(refused, { status: 401, headers: { 'www-authenticate': 'Bearer realm="bitacora"' } }, path);
    t.notOk(refused.headers['bitacora-uid'] ?? refused.headers['bitacora-version'], 'nor who it is that answers');
  }
  const near = token.slice(0, -1) + (token.endsWith('A') ? 'E' : 'A');
  const answers = [];
  for (const wrong of [near, 'bitacora_0123456789abcdef_'.padEnd(69, 'x'), 'x', `${token} ${token}`]) {
    const refused = await call('/api/users', { host, authorization: `Bearer ${wrong}` });
    t.equal(refused.status, 401);
    answers.push(refused.text);
  }
  t.equal(new Set(answers).size, 1, 'all are told the same');
  t.equal((await call('/api/users', { host, authorization: 'Basic YTpi' })).status, 401);
  t.equal((await call('/api/users', { host, authorization: `bearer ${token}` })).status, 200);
  t.equal(
    (await ask(socket, '/api/users', { headers: { authorization: 'Bearer x' } })).status,
    401,
    'nor is it ignored on the socket',
  );
});

t.test('names that somebody else can have point here, and pages of others, are refused', async (t) => {
  const { call, host, token, socket } = await overTcp(t);
  const authorization = `Bearer ${token}`;
  const port = host.split(':')[1];
  const status = async (headers: Readonly<Record<string, string>>) =>
    (await call('/api/users', { authorization, ...headers })).status;
  for (const good of [
    host,
    '127.0.0.1',
    `localhost:${port}`,
    'LOCALHOST',
    '[::1]',
    'backup.example.org',
    'Backup.Example.org:443',
  ]) {
    t.equal(await status({ host: good }), 200, good);
  }
  for (const bad of [
    'evil.example',
    `evil.example:${port}`,
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '',
    '127.0.0.1@evil.example',
    '10.1.2.3',
  ]) {
    t.equal(await status({ host: bad }), 403, bad);
  }
  t.equal(await status({}), 400, 'HTTP/1.1 names a host');
  t.equal(await status({ host, origin: `http://${host}` }), 200);
  t.equal(await status({ host, origin: 'https://backup.example.org' }), 200);
  for (const origin of [
    'http://evil.example',
    'null',
    `http://localhost:1`,
    `http://${host}.evil.example`,
    'file://',
    '',
  ]) {
    t.equal(await status({ host, origin }), 403, origin);
  }
  t.equal(await status({ host, 'sec-fetch-site': 'cross-site' }), 403);
  t.equal((await call('/api/users', { host: 'evil.example' })).status, 403, 'before a token is looked at');
  t.equal(
    (await ask(socket, '/api/users', { headers: { origin: 'http://evil.example' } })).status,
    403,
    'behind a proxy, too',
  );
  t.equal((await ask(socket, '/api/users', { headers: { host: 'any' } })).status, 200);
});

t.test('whoever shows wrong tokens is slowed down, and nobody else', async (t) => {
  const limits = { wrongTokensFree: 2, wrongTokenDelayMs: 3_600_000, wrongTokensWaitingMax: 2 };
  const { call, host, token, daemon } = await overTcp(t, { limits });
  const wrong = () => call('/api/users', { host, authorization: 'Bearer x' });
  t.equal((await wrong()).status, 401);
  t.equal((await wrong()).status, 401);
  const slow = [wrong(), wrong()];
  let refused = await wrong();
  // Those two wait as soon as they have come.
  while (refused.status === 401) refused = await wrong();
  t.match(refused, { status: 429, headers: { 'retry-after': '10' } });
  t.equal((await call('/api/users', { host, authorization: `Bearer ${token}` })).status, 200, 'from the same place');
  await daemon.close();
  for (const { status } of await Promise.all(slow)) t.ok(status === 401 || status === 429 || Number.isNaN(status));
});

t.test('a thousand connections that say nothing keep nobody from being answered', async (t) => {
  const { host, token, daemon, socket } = await overTcp(t, { limits: { peerConnectionsMax: 100 } });
  const idle = Array.from({ length: 1000 }, () => open(t, { daemon }));
  // All but a hundred are sent away.
  let left = idle.length;
  await new Promise<void>((resolve) => {
    for (const one of idle) {
      one.once('close', () => {
        left--;
        if (left === 100) resolve();
      });
    }
  });
  t.equal((await ask(socket, '/api/users')).status, 200, 'an administrator is answered');
  idle
    .find((one) => !one.destroyed)!
    .end(`GET /api/users HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`);
  for (const one of idle) one.destroy();
});

t.test('half requests, slow and malformed bodies are cut off, and others answered all the while', async (t) => {
  const limits = {
    headersTimeoutMs: 150,
    bodyTimeoutMs: 150,
    stalledMs: 300,
    bodyBytesMax: 2000,
    headerBytesMax: 4096,
  };
  const served = await overTcp(t, { limits });
  const { host, token, daemon, socket } = served;
  const authorization = `Bearer ${token}`;
  const head = (path: string, more: Readonly<Record<string, string>>) =>
    `POST ${path} HTTP/1.1\r\n${lines({ host, authorization, ...more })}\r\n`;
  const ended = (text: string) => talk(open(t, { daemon }), text);
  const cases: readonly (readonly [string, Promise<string>, RegExp])[] = [
    ['nothing', ended(''), /^(HTTP\/1.1 408 .*)?$/s],
    ['half a line', ended('GET /api/us'), /^HTTP\/1.1 408 /],
    ['half a head', ended(`GET /api/users HTTP/1.1\r\nhost: ${host}\r\n`), /^HTTP\/1.1 408 /],
    [
      'half a body',
      ended(`${head('/api/restore', { 'content-type': 'application/json', 'content-length': '100' })}{"user`),
      /^HTTP\/1.1 403 /,
    ],
    [
      'a large head',
      ended(`GET /api/users HTTP/1.1\r\nhost: ${host}\r\nx: ${'x'.repeat(8000)}\r\n\r\n`),
      /^HTTP\/1.1 413 /,
    ],
    ['no HTTP', ended('\x16\x03\x01\x02\x00\x01\x00\x01'), /^HTTP\/1.1 400 /],
    [
      'two lengths',
      ended(head('/api/restore', { 'content-length': '3' }).replace('\r\n\r\n', '\r\nContent-Length: 4\r\n\r\n')),
      /^HTTP\/1.1 400 /,
    ],
    [
      'length and chunks',
      ended(head('/api/restore', { 'content-length': '3', 'transfer-encoding': 'chunked' })),
      /^HTTP\/1.1 400 /,
    ],
  ];
  for (const [what, answer, wanted] of cases) {
    t.equal((await ask(socket, '/api/version')).status, 200, `another is answered beside ${what}`);
    t.match(await answer, wanted, what);
  }
  await served.backUp();
  const restoring = parse(
    (await ask(socket, '/api/tokens', { body: { name: 'r', users: ['*'], scopes: ['restore', 'list', 'backup'] } }))
      .text,
  ).token;
  const posted = (path: string, body: string, length = Buffer.byteLength(body)) =>
    ended(
      `POST ${path} HTTP/1.1\r\n${lines({ host, authorization: `Bearer ${String(restoring)}`, connection: 'close', 'content-type': 'application/json', 'content-length': String(length) })}\r\n${body}`,
    );
  t.match(await posted('/api/restore', '{"user', 100), /^HTTP\/1.1 408 .*"TIMED_OUT"/s);
  t.match(await posted('/api/restore', `{"user_id":"${'x'.repeat(3000)}"}`), /^HTTP\/1.1 413 /);
  for (const body of [
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{"user_id":{}}',
    '{"user_id":"ana","__proto__":{}}',
    `${'['.repeat(900)}`,
  ]) {
    t.match(await posted('/api/restore', body), /^HTTP\/1.1 400 .*"USAGE"/s, body.slice(0, 20));
  }
  t.equal((await ask(socket, '/api/version')).status, 200);
});

t.test('whoever asks for much and does not read it loses the connection, and not the others', async (t) => {
  const served = await overTcp(t, { limits: { stalledMs: 200, peerConnectionsMax: 1 } });
  const { host, source, socket, daemon, token } = served;
  writeFileSync(join(source, 'large'), systemRandom.bytes(24 << 20));
  t.equal((await served.backUp()).status, 200);
  const made = await ask(socket, '/api/tokens', { body: { name: 'r', users: ['*'], scopes: ['restore'] } });
  const authorization = `Bearer ${String(parse(made.text).token)}`;
  const stalled = open(t, { daemon });
  stalled.pause();
  stalled.write(
    `GET /api/users/ana/content?snapshot=latest&path=${source}/large HTTP/1.1\r\n${lines({ host, authorization })}\r\n`,
  );
  await once(stalled, 'connect');
  // It has the one place that there is, until it is given up.
  let status = Number.NaN;
  while (Number.isNaN(status)) {
    t.equal((await ask(socket, '/api/version')).status, 200);
    ({ status } = await served.call('/api/users', { host, authorization: `Bearer ${token}` }));
  }
  t.equal(status, 200);
});

t.test('hostile names reach nothing and change nothing', async (t) => {
  const { call, host, token } = await overTcp(t);
  const authorization = `Bearer ${token}`;
  for (const name of [
    '..',
    '..%2F..',
    '%00',
    'a%0d%0ax',
    '-rf',
    '%2e%2e%2fetc%2fpasswd',
    'a'.repeat(2000),
    '%ff%fe',
    'A%20B',
    '__proto__',
    'constructor',
    '*',
  ]) {
    const { status, text } = await call(`/api/backups/${name}`, { host, authorization });
    t.ok(status === 400 || status === 404, `${name.slice(0, 20)}: ${status}`);
    t.notMatch(text, /\/tmp\/|node_modules|at .*\.js/);
  }
});

t.test('a socket or an address that cannot be had is said', async (t) => {
  const { daemon } = await overTcp(t);
  const { host, port } = daemon.server.address!;
  await t.rejects(serve(t, { serving: { listen: `${host}:${port}` } }), { code: 'CONFIG', message: /EADDRINUSE/ });
  await t.rejects(serve(t, { serving: { listen: '127.0.0.1:70000' } }), { code: 'CONFIG' });
  await t.rejects(serve(t, { serving: { socketGroup: 'no-such-group' } }), {
    code: 'CONFIG',
    message: /no group "no-such-group"/,
  });
});
