import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { DaemonPlace, type Document } from './daemon-process.js';

interface Described {
  readonly operationId: string;
  readonly responses: Record<string, { content: Record<string, { schema: object }> }>;
}
type Paths = Readonly<Record<string, Readonly<Record<string, Described>>>>;

/** What `curl` says, with these words behind it. */
async function curl(...words: readonly string[]): Promise<{ status: number; answer: Document }> {
  const { stdout } = await promisify(execFile)('curl', [
    '--silent',
    '--show-error',
    '--write-out',
    '\n%{http_code}',
    ...words,
  ]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), answer: JSON.parse(stdout.slice(0, at)) as Document };
}

t.test('the four calls of an application, as it makes them, over the socket and over TCP', async (t) => {
  const place = new DaemonPlace(t);
  await place.make('[api]\nlisten = "127.0.0.1:0"\n[[source]]\nuser = "ana"\npath = "source"\n');
  writeFileSync(place.join('source', 'a.txt'), 'one\n');
  const daemon = await place.up();
  const { tcp } = (await daemon.said('Ready.')) as unknown as { tcp: { host: string; port: number } };
  const socket = ['--unix-socket', place.socket];
  const { answer: document } = await curl(...socket, 'http://localhost/api/openapi.json');
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const calls = Object.entries(document.paths as Paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ path, method, described })),
  );
  const asDescribed = (operation: string, { status, answer }: { status: number; answer: Document }): void => {
    const { described } = calls.find((one) => one.described.operationId === operation)!;
    const validate = ajv.compile(described.responses[String(status)]!.content['application/json']!.schema);
    t.ok(validate(answer), `${operation}: ${JSON.stringify(validate.errors)} ${JSON.stringify(answer)}`);
  };
  const json = (body: object) => ['--header', 'content-type: application/json', '--data', JSON.stringify(body)];

  async function four(base: string, session: string, words: readonly string[]): Promise<void> {
    const data = { sparks: [{ id: 's', session, n: 9007199254740993n.toString() }], user_config: { theme: 'dark' } };
    const end = await curl(
      ...words,
      `${base}/api/commands/end`,
      ...json({ session_id: session, user_id: 'ana', data }),
    );
    t.match(
      end,
      { status: 200, answer: { status: 'complete', user_id: 'ana', session_id: session } },
      JSON.stringify(end),
    );
    asDescribed('end', end);
    const backup = await curl(...words, `${base}/api/commands/backup`, ...json({ user_id: 'ana', type: 'manual' }));
    t.match(
      backup,
      { status: 200, answer: { status: 'complete', captured: [`path:${place.join('source')}`] } },
      JSON.stringify(backup),
    );
    asDescribed('backup', backup);
    const list = await curl(...words, `${base}/api/backups/ana`);
    t.equal(list.status, 200);
    asDescribed('list', list);
    const { backups } = list.answer as { backups: { backup_id: string }[] };
    t.same(
      backups.slice(0, 2).map(({ backup_id: id }) => id),
      [backup.answer.backup_id, end.answer.backup_id],
    );
    const restored = await curl(
      ...words,
      `${base}/api/restore/session`,
      ...json({ user_id: 'ana', session_id: session }),
    );
    t.match(restored, { status: 200, answer: { data: { sparks: data.sparks } } }, JSON.stringify(restored));
    asDescribed('restore-session', restored);
  }

  await four('http://localhost', 'one', socket);
  const made = await place.configured(['token', 'create', 'app', '--user', 'ana', '--scope', 'backup,restore,list']);
  t.equal(made.code, 0, made.stderr);
  t.match(made.stdout, /^bitacora_[0-9a-f]{16}_\S{43}\n$/, 'alone on standard output');
  mkdirSync(place.join('app'));
  // curl reads it from a file, so that it is in no list of processes.
  writeFileSync(place.join('app', 'header'), `authorization: Bearer ${made.stdout}`, { mode: 0o600 });
  const base = `http://${tcp.host}:${tcp.port}`;
  await four(base, 'two', ['--header', `@${place.join('app', 'header')}`]);
  const nobody = await curl(`${base}/api/backups/ana`);
  t.match(nobody, { status: 401, answer: { error: { code: 'UNAUTHENTICATED' } } });
  const evil = await curl('--header', 'host: evil.example', `${base}/api/backups/ana`);
  t.match(evil, { status: 403, answer: { error: { code: 'NOT_ALLOWED' } } });

  const health = await place.configured(['health']);
  t.match([health.code, health.stdout], [0, /ok/]);
  const listed = await place.configured(['token', 'list']);
  t.match(listed.stdout, /app +ana +backup, restore, list/);
  t.equal((await place.configured(['token', 'revoke', 'app'])).code, 0);
  const gone = await curl('--header', `@${place.join('app', 'header')}`, `${base}/api/backups/ana`);
  t.equal(gone.status, 401);
  await daemon.kill('SIGTERM');
  t.notMatch(JSON.stringify(daemon.lines), made.stdout.trim().slice(-43), 'nor is it in the log');
});
