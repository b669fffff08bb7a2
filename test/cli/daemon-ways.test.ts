import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { JobWork } from '../../src/scheduler/index.js';
import { startDaemon } from '../api/daemon.js';
import { PROGRAM } from '../helpers/delivered.js';
import { Place } from './bin.js';

const DAEMON = fileURLToPath(new URL('../api/daemon-program.js', import.meta.url));

async function setUp(t: Test): Promise<Place> {
  const place = new Place(t);
  writeFileSync(join(place.source, 'a.txt'), 'one\n');
  t.equal((await place.run(['init', '--quiet'])).code, 0);
  t.equal((await place.run(['backup', 'ana', '--path', place.source])).code, 0);
  return place;
}

/** A daemon in a process of its own, ready. */
async function spawnDaemon(t: Test, place: Place): Promise<ChildProcess & { readonly socket: string }> {
  const socket = place.join('run', 'bitacora.sock');
  const child = spawn(process.execPath, [DAEMON, place.vault, place.keyFile, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return Object.assign(child, { socket });
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Jobs that say so and then wait until they are stopped. */
const held =
  (work: JobWork): JobWork =>
  async (run) => {
    run.progress({ phase: 'held', files: 7, bytes: 0 });
    await new Promise<void>((resolve) => run.signal.addEventListener('abort', () => resolve()));
    return work(run);
  };

t.test(
  'a daemon that was killed leaves nothing in the way: commands work by themselves, and a new one takes over',
  async (t) => {
    const place = await setUp(t);
    const first = await spawnDaemon(t, place);
    t.match(await place.json(['list', 'ana']), { code: 0, answer: { backups: [{}] } });
    await kill(first);
    t.ok(existsSync(first.socket), 'its socket is still there');
    t.match(await place.json(['list', 'ana']), { code: 0, answer: { backups: [{}] }, stderr: '' });
    const second = await spawnDaemon(t, place);
    const asked = await place.bare(['list', 'ana', '--json', '--socket', second.socket]);
    t.equal(asked.code, 0, asked.stderr);
    t.equal(JSON.parse(asked.stdout).backups.length, 1);
  },
);

t.test('a daemon that dies while it works is told with the job that it worked on', async (t) => {
  const place = await setUp(t);
  const daemon = await spawnDaemon(t, place);
  const fifo = place.join('endless');
  mkdirSync(fifo);
  // Enough to be at it for a while; it is killed at the first sign of progress.
  for (let file = 0; file < 3000; file++) writeFileSync(join(fifo, `file ${file}`), `${file}\n`.repeat(500));
  let killed: Promise<void> | undefined;
  const ended = await place.run(['backup', 'ana', '--path', fifo, '--json', '--progress', 'json'], {
    onStderr: () => {
      killed ??= kill(daemon);
    },
  });
  await killed;
  t.equal(ended.code, 75, ended.stdout);
  const { error } = JSON.parse(ended.stdout) as { error: Record<string, unknown> };
  t.match(error, {
    code: 'DAEMON_SILENT',
    details: { job_id: String },
    message: /went away .* It is kept and goes on/,
  });
});

t.test('--socket asks that daemon or nobody, and only about its own vault', async (t) => {
  const place = await setUp(t);
  const silent = await place.json(['list', 'ana', '--socket', place.join('none.sock')]);
  t.match(silent, { code: 75, answer: { error: { code: 'DAEMON_SILENT', message: /does not answer \(ENOENT\)/ } } });
  const daemon = await startDaemon({ vault: place.vault, keyFile: place.keyFile });
  t.teardown(() => daemon.close());
  cpSync(place.vault, place.join('copy'), { recursive: true });
  const args = ['list', 'ana', '--json', '--vault', place.join('copy'), '--key-file', place.keyFile];
  const other = await place.bare([...args, '--socket', daemon.socket]);
  t.equal(other.code, 78);
  t.match(JSON.parse(other.stdout), { error: { code: 'DAEMON_OTHER' } });
  const copied = await place.bare(args);
  t.equal(copied.code, 0, 'a copy whose lock file names the daemon of the original is opened by itself');
});

t.test('a daemon of another version is told; one of another API is not asked', async (t) => {
  const place = await setUp(t);
  const daemon = await startDaemon({ vault: place.vault, keyFile: place.keyFile, version: '9.9.9' });
  t.teardown(() => daemon.close());
  const ended = await place.run(['list', 'ana']);
  t.match(ended, { code: 0, stderr: /The daemon is version 9\.9\.9, this program \d+\.\d+\.\d+: restart the daemon/ });
});

t.test('progress comes from the daemon, and Ctrl-C ends its job', async (t) => {
  const place = await setUp(t);
  const daemon = await startDaemon({ vault: place.vault, keyFile: place.keyFile, around: held });
  t.teardown(() => daemon.close());
  const ended = await place.run(['backup', 'ana', '--path', place.source, '--progress', 'json'], {
    onStderr: (text, signal) => {
      if (text.includes('"phase":"held","files":7')) signal('SIGINT');
    },
  });
  t.equal(ended.code, 130);
  t.match(ended.stderr, /Stopped on request/);
  t.match(daemon.queue.list(), [{ operation: 'backup', state: 'cancelled' }]);
});

t.test('--threads is the daemon’s own matter, and that is said', async (t) => {
  const place = await setUp(t);
  const daemon = await startDaemon({ vault: place.vault, keyFile: place.keyFile });
  t.teardown(() => daemon.close());
  const ended = await place.run(['backup', 'ana', '--path', place.source, '--threads', '1']);
  t.match(ended, { code: 0, stderr: /--threads counts for nothing here/ });
});

t.test('a job that fails while standard input stays open ends the command all the same', async (t) => {
  const place = await setUp(t);
  const daemon = await startDaemon({ vault: place.vault, keyFile: place.keyFile });
  t.teardown(() => daemon.close());
  const args = ['--vault', place.vault, '--key-file', place.keyFile, 'backup', '..', '--stdin', '--name', 'dump'];
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['pipe', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  t.same(await once(child, 'close'), [64, null]);
  t.match(stderr, /Not a user id/);
});
