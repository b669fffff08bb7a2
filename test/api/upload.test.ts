import { request } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { type ApiClient, connectApi } from '../../src/api/index.js';
import { noProgress, silentLogger } from '../../src/base/index.js';
import { VERSION } from './daemon.js';
import { Gate, parse, type Served, serve } from './fixture.js';
import { ask, collect, type Reply } from './http.js';

function connected({ socket }: Served, signal = new AbortController().signal): Promise<ApiClient> {
  return connectApi({ socket, version: VERSION, signal, progress: noProgress, logger: silentLogger });
}

async function* parts(
  count: number,
  before: (part: number) => Promise<void> | void = () => {},
): AsyncGenerator<Uint8Array> {
  for (let part = 0; part < count; part++) {
    await before(part);
    yield Buffer.alloc(100_000, part);
  }
}

const INPUT = { user_id: 'ana', type: 'manual', stream_name: 'dump.sql' } as const;
const PATH = '/api/commands/backup?user_id=ana&type=manual&stream_name=dump.sql';

async function snapshots({ socket }: Served): Promise<unknown[]> {
  const { backups } = parse((await ask(socket, '/api/backups/ana')).text) as { backups?: unknown[] };
  return backups ?? [];
}

t.test('bytes that are uploaded are captured whole, beside paths', async (t) => {
  const served = await serve(t);
  const client = await connected(served);
  const answer = await client.document('backup', { ...INPUT, paths: [served.source] }, parts(30));
  t.match(answer, { status: 'complete', size_uncompressed: 3_000_008 });
  t.equal(answer.captured.length, 2);
  t.match(served.daemon.queue.list(), [{ durable: false, state: 'succeeded' }]);
});

t.test('an upload that breaks off leaves no snapshot', async (t) => {
  const served = await serve(t);
  const call = request({
    socketPath: served.socket,
    path: PATH,
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
  });
  call.on('error', () => {});
  call.write(Buffer.alloc(300_000));
  let [job] = served.daemon.queue.list();
  for await (const changed of served.daemon.queue.followAll()) {
    job = changed;
    if (changed.state === 'running') break;
  }
  call.destroy();
  t.match(await served.daemon.queue.wait(job!.id), { state: 'failed', error: { code: 'SOURCE_FAILED' } });
  t.same(await snapshots(served), []);
});

t.test('what the source itself says is what the caller hears, and nothing of it is kept', async (t) => {
  const served = await serve(t);
  const client = await connected(served);
  const broken = parts(30, (part) => {
    if (part === 20) throw new Error('the disk under the dump broke');
  });
  await t.rejects(client.document('backup', INPUT, broken), { message: 'the disk under the dump broke' });
  const [job] = served.daemon.queue.list();
  t.match(await served.daemon.queue.wait(job!.id), { state: 'failed' });
  t.same(await snapshots(served), []);
});

t.test('a job that fails while bytes still come answers, and ends the upload', async (t) => {
  const served = await serve(t);
  const reply = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const call = request({
      socketPath: served.socket,
      path: PATH.replace('ana', '..'),
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/octet-stream' },
    });
    call.on('response', (response) => void collect(response).then(resolve, reject));
    call.on('error', () => {});
    call.write(Buffer.alloc(300_000));
  });
  t.equal(reply.status, 400, 'a bad name, with most of the body not yet sent');
  const client = await connected(served);
  const never = new Gate();
  const endless = parts(2, (part) => (part === 1 ? never.opened : undefined));
  await t.rejects(client.document('backup', { ...INPUT, user_id: '..' }, endless), { code: 'BAD_NAME' });
});

t.test('a job that ends while it reads the body still answers on that connection', async (t) => {
  const served = await serve(t);
  const answered = new Promise<Reply>((resolve, reject) => {
    const call = request({
      socketPath: served.socket,
      path: PATH,
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/octet-stream' },
    });
    let done = false;
    call.on('response', (response) => {
      done = true;
      void collect(response).then(resolve, reject);
    });
    call.on('error', (error) => {
      if (!done) reject(error);
    });
    // More and more, so that there is always something to read.
    const more = (): void => {
      if (!done) call.write(Buffer.alloc(300_000), () => setImmediate(more));
    };
    more();
  });
  for await (const job of served.daemon.queue.followAll()) {
    if (job.progress === undefined) continue;
    await served.daemon.queue.cancel(job.id);
    break;
  }
  const reply = await answered;
  t.equal(reply.status, 499);
  t.match(parse(reply.text), { error: { code: 'CANCELLED' } });
});

t.test('an upload of which no byte has come is a job already, and can be stopped', async (t) => {
  const served = await serve(t, { limits: { headersTimeoutMs: 100 } });
  const stop = new AbortController();
  const client = await connected(served, stop.signal);
  const never = new Gate();
  const answer = client.document(
    'backup',
    INPUT,
    parts(1, () => never.opened),
  );
  const failed = t.rejects(answer, { code: 'CANCELLED' });
  for await (const { state } of served.daemon.queue.followAll()) if (state === 'running') break;
  stop.abort();
  await failed;
  t.match(served.daemon.queue.list(), [{ state: 'cancelled' }]);
});

t.test('cancelling an upload ends it, and its caller is told', async (t) => {
  const served = await serve(t);
  const stop = new AbortController();
  const client = await connected(served, stop.signal);
  const begun = new Gate();
  const never = new Gate();
  const slow = parts(10, (part) => {
    if (part < 5) return undefined;
    begun.open();
    return never.opened;
  });
  const answer = client.document('backup', { ...INPUT, paths: [join(served.source)] }, slow);
  const failed = t.rejects(answer, { code: 'CANCELLED' });
  await begun.opened;
  stop.abort();
  await failed;
  t.match(served.daemon.queue.list(), [{ state: 'cancelled' }]);
  t.same(await snapshots(served), []);
});
