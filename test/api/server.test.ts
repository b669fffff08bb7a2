import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_LIMITS } from '../../src/api/index.js';
import { silentLogger } from '../../src/base/index.js';
import { VERSION } from './daemon.js';
import { parse, serve } from './fixture.js';
import { ask } from './http.js';

const own = process.geteuid?.();

/** Sends text as it is and gives all that comes back until the other side closes. */
function talk(socket: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const connection = connect(socket);
    connection.setEncoding('utf8').on('data', (part: string) => {
      answer += part;
    });
    connection.on('error', reject);
    connection.on('close', () => resolve(answer));
    connection.write(text);
  });
}

t.test('the socket is for its owner alone, and a version tells who answers', async (t) => {
  const { socket } = await serve(t);
  t.equal(statSync(socket).mode & 0o777, 0o600);
  t.equal(statSync(join(socket, '..')).mode & 0o777, 0o700);
  const { status, text, headers } = await ask(socket, '/api/version');
  t.equal(status, 200);
  t.same(parse(text), { version: VERSION, api: 1 });
  t.match(headers, { 'bitacora-api': '1', 'bitacora-version': VERSION, 'bitacora-uid': String(own) });
});

t.test('a backup answers its document, and what it stored is listed', async (t) => {
  const { socket, backUp } = await serve(t);
  const made = await backUp();
  t.equal(made.status, 200, made.text);
  const answer = parse(made.text);
  t.match(answer, { user_id: 'ana', user_created: true, status: 'complete', files: { total: 2 } });
  const list = parse((await ask(socket, '/api/backups/ana')).text) as { backups: { backup_id: string }[] };
  t.same(
    list.backups.map(({ backup_id }) => backup_id),
    [answer.backup_id],
  );
});

t.test('errors have the code of the program and the status of its table', async (t) => {
  const { socket, backUp, root } = await serve(t);
  const cases = [
    [await ask(socket, '/api/backups/nobody'), 404, 'UNKNOWN_USER'],
    [await ask(socket, '/api/backups/..%2Fana'), 400, 'BAD_NAME'],
    [await ask(socket, `/api/backups/${'a'.repeat(500)}`), 400, 'BAD_NAME'],
    [await ask(socket, '/api/none'), 404, 'NO_SUCH_CALL'],
    [await ask(socket, '/api/backups/ana', { method: 'PUT', body: {} }), 404, 'NO_SUCH_CALL'],
    [await ask(socket, '/api/backups/%'), 400, 'USAGE'],
    [await backUp({ paths: [] }), 422, 'NO_SOURCE'],
    [await backUp({ paths: [join(root, 'none')] }), 404, 'SOURCE_MISSING'],
    [await backUp({ paths: ['relative'] }), 400, 'USAGE'],
    [await backUp({ level: 99 }), 400, 'USAGE'],
    [await ask(socket, '/api/jobs/018f4d2e-0000-7000-8000-000000000000'), 404, 'UNKNOWN_JOB'],
    [await ask(socket, '/api/jobs/018f4d2e-0000-7000-8000-000000000000/events'), 404, 'UNKNOWN_JOB'],
  ] as const;
  for (const [reply, status, code] of cases) {
    t.equal(reply.status, status, reply.text);
    const { error } = parse(reply.text);
    t.match(error, { code, message: /^[A-Z].*[.?`]$/, details: Object });
    t.same(Object.keys(error as object), ['code', 'message', 'details']);
  }
});

t.test('an input that is not as the contract has it is refused whole, with every problem', async (t) => {
  const { socket, backUp, daemon } = await serve(t);
  const unknown = await backUp({ pahts: ['/x'], force: 'yes', max_file_bytes: -1 });
  t.equal(unknown.status, 400);
  const { error } = parse(unknown.text) as { error: { details: { problems: { path: string }[] } } };
  t.same(error.details.problems.map(({ path }) => path).sort(), ['', 'force', 'max_file_bytes']);
  const wrong = [
    await ask(socket, '/api/backups/ana?colour=red'),
    await ask(socket, '/api/backups/ana?since=yesterday'),
    await ask(socket, '/api/users/ana/entries?latest=maybe'),
    await ask(socket, '/api/users/ana/entries?path=/a&path=/b'),
    await ask(socket, '/api/backups/ana?user_id=bob'),
    await ask(socket, '/api/commands/backup?user_id=ana', { body: { type: 'manual' } }),
    await ask(socket, '/api/commands/backup', { raw: '{"user_id":"ana",' }),
    await ask(socket, '/api/commands/backup', { raw: '' }),
    await ask(socket, '/api/commands/backup', { raw: '[]' }),
    await ask(socket, '/api/commands/backup', { raw: '"text"' }),
    await ask(socket, '/api/commands/backup', { raw: '{"__proto__":{"type":"manual"},"user_id":"ana"}' }),
    await ask(socket, '/api/commands/backup', { raw: '{"user_id":"ana","type":"manual","user_id":"bob"}' }),
    await ask(socket, '/api/users', { raw: '{"user_id":"ana","user_\\u0069d":"bob"}' }),
    await ask(socket, '/api/users', {
      raw: '{"user_id":"ana","sources":[{"kind":"path","path":"/a","path":"/b"}]}',
    }),
    await ask(socket, '/api/commands/backup', { raw: 'user_id=ana', headers: { 'content-type': 'text/plain' } }),
    await ask(socket, '/api/restore?user_id=ana', {
      raw: 'x',
      headers: { 'content-type': 'application/octet-stream' },
    }),
  ];
  for (const reply of wrong) {
    t.equal(reply.status, 400, reply.text);
    t.match(parse(reply.text), { error: { code: 'USAGE' } });
  }
  t.match(wrong[10]!.text, /__proto__/, 'what is wrong is said');
  for (const reply of wrong.slice(11, 14)) t.match(reply.text, /stands there twice/);
  t.same(daemon.queue.list(), [], 'nothing of it was taken on');
});

t.test('what is too large, too slow or no HTTP is cut off with a last word', async (t) => {
  const limits = { bodyBytesMax: 1000, headerBytesMax: 2000, headersTimeoutMs: 100, bodyTimeoutMs: 100 };
  const { socket } = await serve(t, { limits });
  const large = await ask(socket, '/api/restore', { body: { user_id: 'ana', target: `/${'x'.repeat(1000)}` } });
  t.equal(large.status, 413);
  t.match(parse(large.text), { error: { code: 'TOO_LARGE' } });
  t.match(await talk(socket, `GET /${'x'.repeat(3000)} HTTP/1.1\r\n\r\n`), /^HTTP\/1.1 413 .*"TOO_LARGE"/s);
  t.match(await talk(socket, 'BREAKFAST\r\n\r\n'), /^HTTP\/1.1 400 .*"USAGE"/s);
  t.match(await talk(socket, 'GET /api/health HTTP/1.1\r\nhost: x\r\n'), /^HTTP\/1.1 408 .*"TIMED_OUT"/s);
  const head = 'POST /api/commands/backup HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  t.match(await talk(socket, `${head}content-length: 100\r\n\r\n{"user_id":`), /^HTTP\/1.1 408 .*"TIMED_OUT"/s);
  t.match(await talk(socket, `${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`), /^HTTP\/1.1 400/);
  t.equal((await ask(socket, '/api/health')).status, 200, 'others are answered all the while');
});

t.test('a caller of another version of the API, or who means another vault, is refused', async (t) => {
  const { socket, daemon } = await serve(t);
  const { dev, ino } = statSync(daemon.vault.path);
  const health = (headers: Record<string, string>) => ask(socket, '/api/health', { headers });
  t.equal((await health({ 'bitacora-api': '1', 'bitacora-vault': `${dev}-${ino}` })).status, 200);
  for (const reply of [await health({ 'bitacora-api': '2' }), await health({ 'bitacora-vault': `${dev}-${ino}1` })]) {
    t.equal(reply.status, 409);
    t.match(parse(reply.text), { error: { code: 'DAEMON_OTHER' } });
    t.match(reply.headers, { 'bitacora-api': '1' }, 'which says what it speaks itself');
  }
});

t.test('many calls at once are all answered, and a crowd of half-open ones keeps nobody out', async (t) => {
  const { socket, backUp } = await serve(t);
  await backUp();
  const half = Array.from({ length: 200 }, () => {
    const connection = connect(socket);
    connection.on('error', () => {});
    connection.write('POST /api/commands/backup HTTP/1.1\r\n');
    return connection;
  });
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, index) => ask(socket, index % 2 ? '/api/backups/ana' : '/api/users/ana/entries')),
  );
  t.same(new Set(replies.map(({ status }) => status)), new Set([200]));
  for (const connection of half) connection.destroy();
});

t.test('a socket that nobody answers at is replaced, one that somebody does is not', async (t) => {
  const first = await serve(t);
  await t.rejects(serve(t, { socket: first.socket }), { code: 'CONFIG', message: /another daemon listens there/ });
  t.equal((await ask(first.socket, '/api/health')).status, 200);
  const directory = join(first.root, 'other');
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, 'file'), 'precious');
  await t.rejects(serve(t, { socket: join(directory, 'file') }), {
    code: 'CONFIG',
    message: /no socket|something else/,
  });
  t.equal(statSync(join(directory, 'file')).size, 8);
  await t.rejects(serve(t, { socket: join(directory, 'x'.repeat(100)) }), { code: 'CONFIG', message: /allows 107/ });

  await t.rejects(
    serve(t, { socket: join('/tmp', 'bitacora-test.sock') }),
    { code: 'CONFIG', message: /others may write/ },
    'where others could put their own in its place',
  );
});

t.test('closing ends what does not end by itself, and takes the socket away', async (t) => {
  const { socket, daemon } = await serve(t);
  const watching = ask(socket, '/api/job-changes', { headers: { accept: 'application/x-ndjson' } });
  t.equal((await ask(socket, '/api/health')).status, 200);
  await daemon.server.close(DEFAULT_LIMITS.waitMs);
  t.match((await watching).text, /^\{"head":\{\},"member":"jobs"\}\n/);
  t.throws(() => statSync(socket), { code: 'ENOENT' });
  await t.rejects(ask(socket, '/api/health'), { code: 'ENOENT' });
});

t.test('a socket that cannot be removed is told, and keeps nothing from closing', async (t) => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const { socket, daemon } = await serve(t, { logger });
  rmSync(socket);
  mkdirSync(socket);
  await daemon.server.close(DEFAULT_LIMITS.waitMs);
  t.match(warnings, [/could not be removed/]);
  t.ok(statSync(socket).isDirectory());
});
