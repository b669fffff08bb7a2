import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type ApiClient, type ClientOptions, connectApi } from '../../src/api/index.js';
import { noProgress, type Progress, silentLogger } from '../../src/base/index.js';
import type { JobWork } from '../../src/scheduler/index.js';
import { memoryLogger } from '../vault/fixture.js';
import { VERSION } from './daemon.js';
import { Gate, type Served, serve } from './fixture.js';

function connected(socket: string, more: Partial<ClientOptions> = {}): Promise<ApiClient> {
  const { signal } = new AbortController();
  return connectApi({ socket, version: VERSION, signal, progress: noProgress, logger: silentLogger, ...more });
}

/** Passes everything on between its socket and the daemon's, and can cut all there is. */
async function between(t: Test, served: Served): Promise<{ readonly socket: string; cut(): void }> {
  const socket = join(served.root, 'between.sock');
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(served.socket);
    for (const end of [near, far]) {
      open.add(end);
      end.on('error', () => {});
      end.on('close', () => open.delete(end));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const cut = (): void => {
    for (const end of open) end.destroy();
  };
  t.teardown(() => {
    cut();
    server.close();
    rmSync(socket, { force: true });
  });
  return { socket, cut };
}

const backupOf = ({ source }: Served) => ({ user_id: 'ana', type: 'manual' as const, paths: [source] });

t.test('a job is followed across a connection that breaks, with the progress it makes', async (t) => {
  const go = new Gate();
  const around =
    (work: JobWork): JobWork =>
    async (run) => {
      run.progress({ phase: 'held', files: 1, bytes: 2, filesTotal: 3 });
      await go.opened;
      return work(run);
    };
  const served = await serve(t, { around });
  const line = await between(t, served);
  const seen: Progress[] = [];
  const client = await connected(line.socket, {
    progress: (progress) => {
      if (seen.length === 0) {
        line.cut();
        go.open();
      }
      seen.push(progress);
    },
  });
  t.match(await client.document('backup', backupOf(served)), { status: 'complete', files: { total: 2 } });
  t.same(seen[0], { phase: 'held', files: 1, bytes: 2, filesTotal: 3 });
});

t.test('a daemon that goes away for good is told, with what becomes of the job', async (t) => {
  const go = new Gate();
  const around =
    (work: JobWork): JobWork =>
    async (run) => {
      run.progress({ phase: 'held', files: 0, bytes: 0 });
      await go.opened;
      return work(run);
    };
  for (const [name, message] of [
    ['backup', /It is kept and goes on when the daemon runs again/],
    ['rebuild-index', /It ended with the daemon/],
  ] as const) {
    const served = await serve(t, { around, aroundOwn: around });
    const line = await between(t, served);
    const client = await connected(line.socket, {
      progress: () => {
        rmSync(line.socket);
        line.cut();
      },
    });
    const input = name === 'backup' ? backupOf(served) : {};
    await t.rejects(client.document(name, input as never), {
      code: 'DAEMON_SILENT',
      message,
      details: { job_id: String },
    });
  }
  go.open();
});

t.test('what answers but is no daemon, or speaks another API, is told apart from silence', async (t) => {
  const served = await serve(t);
  await t.rejects(connected(join(served.root, 'none')), {
    code: 'DAEMON_SILENT',
    message: /does not answer \(ENOENT\)/,
  });
  for (const [head, code] of [
    ['', 'DAEMON_OTHER'],
    ['bitacora-api: 2\r\nbitacora-version: 7.0.0\r\n', 'DAEMON_OTHER'],
  ] as const) {
    const socket = join(served.root, 'stranger.sock');
    const server = createServer((connection) => {
      connection.on('error', () => {});
      connection.once('data', () => connection.end(`HTTP/1.1 200 OK\r\n${head}content-length: 2\r\n\r\n{}`));
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    await t.rejects(connected(socket), { code, message: head ? /version 7.0.0 and speaks version 2/ : /no daemon/ });
    await new Promise((resolve) => server.close(resolve));
  }
});

t.test('a version that differs is told once, and the calls go on', async (t) => {
  const served = await serve(t, { version: '9.9.9' });
  const logger = memoryLogger();
  const client = await connected(served.socket, { logger });
  t.equal((await client.document('jobs', {})).jobs.length, 0);
  t.equal(logger.lines.length, 1);
  t.match(logger.lines[0], /The daemon is version 9\.9\.9/);
});

t.test('a job that is stopped before anything is known of it ends without it', async (t) => {
  const served = await serve(t);
  const socket = join(served.root, 'mute.sock');
  const stop = new AbortController();
  // Answers that it is there, and then nothing more.
  const server = createServer((connection) => {
    connection.on('error', () => {});
    connection.once('data', (head) => {
      const healthy = `HTTP/1.1 200 OK\r\nbitacora-api: 1\r\nbitacora-version: ${VERSION}\r\ncontent-length: 2\r\n\r\n{}`;
      if (String(head).startsWith('GET /api/version')) connection.end(healthy);
      else stop.abort();
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.teardown(() => server.close());
  const client = await connected(socket, { signal: stop.signal });
  await t.rejects(client.document('rebuild-index', {}), { code: 'CANCELLED' });
});

t.test('a call that is stopped ends at once, whatever the daemon does', async (t) => {
  const served = await serve(t);
  const stop = new AbortController();
  const client = await connected(served.socket, { signal: stop.signal });
  const { items } = await client.items('watch-jobs', {});
  const iterator = items[Symbol.asyncIterator]();
  const next = iterator.next();
  stop.abort();
  await t.rejects(next, { code: 'CANCELLED' });
  await t.rejects(client.document('jobs', {}), { code: 'CANCELLED' });
});
