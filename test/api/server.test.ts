import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { makeVault } from '../vault/fixture.js';
import { startDaemon, type TestDaemon, type TestDaemonOptions, VERSION } from './daemon.js';
import { ask } from './http.js';

interface Place {
  readonly daemon: TestDaemon;
  readonly socket: string;
  readonly root: string;
  readonly source: string;
}

async function start(t: Test, options: Partial<TestDaemonOptions> = {}): Promise<Place> {
  const { root, path, keyFile } = await makeVault(t);
  const daemon = await startDaemon({ vault: path, keyFile, ...options });
  t.teardown(() => daemon.close());
  const source = join(root, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'a.txt'), 'one\n');
  writeFileSync(join(source, 'b.txt'), 'two\n');
  return { daemon, socket: daemon.socket, root, source };
}

const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

t.test('the socket is for its owner alone, and health tells no more than that it lives', async (t) => {
  const { socket } = await start(t);
  t.equal(statSync(socket).mode & 0o777, 0o600);
  t.equal(statSync(join(socket, '..')).mode & 0o777, 0o700);
  const { status, text, headers } = await ask(socket, '/api/health');
  t.equal(status, 200);
  t.same(json(text), { status: 'ok' });
  t.match(headers, { 'bitacora-api': '1', 'bitacora-version': VERSION, 'bitacora-uid': String(process.geteuid?.()) });
});

t.test('a backup answers its document, and what it stored is listed', async (t) => {
  const { socket, source } = await start(t);
  const body = { user_id: 'ana', type: 'manual', paths: [source] };
  const made = await ask(socket, '/api/commands/backup', { body });
  t.equal(made.status, 200, made.text);
  const answer = json(made.text);
  t.match(answer, { user_id: 'ana', user_created: true, status: 'complete', files: { total: 2 } });
  const list = json((await ask(socket, '/api/backups/ana')).text) as { backups: { backup_id: string }[] };
  t.same(
    list.backups.map(({ backup_id }) => backup_id),
    [answer.backup_id],
  );
});
