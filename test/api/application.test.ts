import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { BitacoraClient, isBitacoraError } from '../../src/api/client/library.js';
import { API_VERSION, HEADER, JSON_BODY_BYTES_MAX, MEDIA } from '../../src/api/protocol.js';
import { RECORDS_BODY_BYTES_MAX } from '../../src/api/server/record-input.js';
import type { JobWork } from '../../src/scheduler/index.js';
import { Gate, serve } from './fixture.js';

t.test('a client asks for whatever the table has, and gives and throws what the operation does', async (t) => {
  const served = await serve(t);
  const client = new BitacoraClient({ socket: served.socket });
  const input = { user_id: 'ana', type: 'manual' as const, paths: [served.source] };
  const { backup_id } = await client.backup(input);
  t.match(await client.list({ user_id: 'ana' }), { backups: [{ backup_id }] });
  t.match(await client.snapshot({ user_id: 'ana', backup_id: backup_id! }), { backup_id });
  t.match(await client.jobs(), { jobs: [{ operation: 'backup', state: 'succeeded' }] });
  t.match(await client.health(), { status: String });
  t.match(await client.call('user-show', { user_id: 'ana' }), { user_id: 'ana' });
  await t.rejects(client.list({ user_id: 'nobody' }), { name: 'BitacoraError', code: 'UNKNOWN_USER', httpStatus: 404 });
  await t.rejects(client.backup({ ...input, paths: ['/no/such'] }), { code: 'SOURCE_MISSING' });
  const target = join(served.root, 'out');
  t.match(await client.restore({ user_id: 'ana', latest: true, target }), { status: 'complete' });
});

t.test('the end of a session, by its key, counts once; its records come back as they were sent', async (t) => {
  const served = await serve(t);
  const client = new BitacoraClient({ socket: served.socket });
  const data = new TextEncoder().encode('{"sparks": [{"id": 1, "n": 1.0}], "user_config": {"a":1}}');
  const session = { user_id: 'ana', session_id: 'session_1', data };
  const first = await client.end(session, { idempotencyKey: 'key-1' });
  t.match(first, { captured: ['session:session_1', 'collection:user_config'] });
  t.ok('backup_id' in first);
  const { backup_id } = first as { readonly backup_id: string };
  t.match(await client.end(session, { idempotencyKey: 'key-1' }), { backup_id });
  t.equal((await client.list({ user_id: 'ana' })).backups.length, 1);
  const { data: back } = await client.sessionRecords({ user_id: 'ana', session_id: 'session_1' });
  t.match(back, { sparks: [{ id: 1, n: 1 }] });
  const scopes = await client.scopes({ user_id: 'ana' });
  t.same(scopes.map(({ scope }) => scope).sort(), ['collection:user_config', 'session:session_1']);
  await client.end({ user_id: 'ana', session_id: 'session_2', data: { sparks: [{ id: 2 }] } });
  t.equal((await client.list({ user_id: 'ana' })).backups.length, 2);
  await client.endScope({ user_id: 'ana', scope: 'session:session_2' });
  const ended = (await client.scopes({ user_id: 'ana' })).filter(({ ended }) => ended !== null);
  t.match(ended, [{ scope: 'session:session_2' }]);
  t.equal(ended.length, 1);
});

t.test('a call takes no longer than it may, and the job goes on', async (t) => {
  const go = new Gate();
  const around =
    (work: JobWork): JobWork =>
    async (run) => {
      await go.opened;
      return work(run);
    };
  const served = await serve(t, { around });
  const client = new BitacoraClient({ socket: served.socket, timeoutMs: 300 });
  const input = { user_id: 'ana', type: 'manual' as const, paths: [served.source] };
  let job_id = '';
  try {
    await client.backup(input);
    t.fail('it had no answer to give');
  } catch (error) {
    t.match(error, { code: 'DAEMON_SILENT', message: /within 300 ms/, retryable: true });
    if (isBitacoraError(error)) job_id = String(error.details.job_id);
  }
  t.match(await client.job({ job_id }, { timeoutMs: 60_000 }), { state: /queued|running/ });
  const stop = new AbortController();
  const stopped = client.backup(input, { signal: stop.signal, timeoutMs: 60_000 });
  stop.abort();
  await t.rejects(stopped, { code: 'CANCELLED' });
  go.open();
  await served.daemon.queue.wait(job_id);
  t.match(await client.job({ job_id }, { timeoutMs: 60_000 }), { state: 'succeeded' });
});

t.test('what became of a job that a new daemon does not know cannot be told: it may be asked for again', async (t) => {
  const served = await serve(t);
  const asked: string[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url!);
    response.setHeader(HEADER.api, String(API_VERSION));
    if (asked.length > 1) {
      response.writeHead(404, { 'content-type': MEDIA.json });
      response.end('{"error":{"code":"UNKNOWN_JOB","message":"There is no such job.","details":{}}}');
      return;
    }
    response.writeHead(200, { 'content-type': MEDIA.events });
    const job = { job_id: 'gone', state: 'running', warnings: [] };
    response.write(`event: running\nid: 1\ndata: ${JSON.stringify(job)}\n\n`, () => response.destroy());
  });
  const socket = join(served.root, 'other.sock');
  server.listen(socket);
  await once(server, 'listening');
  t.teardown(() => server.close());
  await t.rejects(new BitacoraClient({ socket }).end({ user_id: 'ana', session_id: 's1', data: {} }), {
    code: 'DAEMON_SILENT',
    retryable: true,
    details: { job_id: 'gone' },
  });
  t.same(asked, ['/api/commands/end', '/api/jobs/gone/events']);
  await t.rejects(new BitacoraClient({ socket }).job({ job_id: 'gone' }), { code: 'UNKNOWN_JOB' });
});

t.test('what no daemon takes is refused before it is sent', async (t) => {
  t.equal(JSON_BODY_BYTES_MAX, RECORDS_BODY_BYTES_MAX);
  const client = new BitacoraClient({ socket: '/no/such/socket' });
  const data = new Uint8Array(JSON_BODY_BYTES_MAX);
  await t.rejects(client.end({ user_id: 'ana', session_id: 's1', data }), { code: 'TOO_LARGE' });
});

t.test('over TCP it brings a token, and says who does not answer', async (t) => {
  const served = await serve(t, { serving: { listen: '127.0.0.1:0' } });
  const url = `http://127.0.0.1:${served.daemon.server.address!.port}`;
  const { token } = await new BitacoraClient({ socket: served.socket }).call('token-create', {
    name: 'app',
    users: ['*'],
    scopes: ['list', 'backup'],
  });
  const client = new BitacoraClient({ url, token });
  await served.backUp();
  t.match(await client.list({ user_id: 'ana' }), { backups: [{}] });
  await t.rejects(new BitacoraClient({ url }).list({ user_id: 'ana' }), { code: 'UNAUTHENTICATED' });
  t.throws(() => new BitacoraClient({ url: 'localhost:80' }), TypeError);
  const nobody = new BitacoraClient({ socket: join(served.root, 'none.sock') });
  await t.rejects(nobody.status(), { code: 'DAEMON_SILENT', message: /none\.sock" does not answer \(ENOENT\)/ });
});
