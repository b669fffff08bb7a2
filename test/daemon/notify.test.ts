import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { silentLogger, utf8 } from '../../src/base/index.js';
import { ServiceManager } from '../../src/daemon/service-manager.js';
import { bind, checked, loadLibc } from '../../src/posix/native/libc.js';
import { memoryLogger } from '../vault/fixture.js';
import { DaemonPlace } from './daemon-process.js';

const skip = loadLibc() ? false : 'no access to the C library';
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** What a service manager is: a datagram socket. Returns what reads all words that have arrived, in order. */
function serviceManager(t: Test, path: string): () => string[] {
  const name = new Uint8Array(2 + Buffer.byteLength(path) + 1);
  name[0] = AF_UNIX;
  name.set(utf8(path), 2);
  const fd = checked(bind('int socket(int, int, int)')(AF_UNIX, SOCK_DGRAM, 0), 'socket');
  t.teardown(() => bind('int close(int)')(fd));
  checked(bind('int bind(int, const void*, uint)')(fd, name, name.length), 'bind');
  const recv = bind('long recv(int, void*, ulong, int)');
  return () => {
    const words: string[] = [];
    for (;;) {
      const into = new Uint8Array(4096);
      const length = recv(fd, into, into.length, MSG_DONTWAIT);
      if (length < 0) return words;
      words.push(...Buffer.from(into.subarray(0, length)).toString().trim().split('\n'));
    }
  };
}

const environment = {
  runtimeDirectory: undefined,
  temporaryDirectory: '/tmp',
  uid: 0,
  watchdogMs: undefined,
  passed: [],
};

t.test('the service manager is told when the daemon is ready and when it stops', { skip }, async (t) => {
  const place = new DaemonPlace(t);
  await place.make();
  const read = serviceManager(t, place.join('notify'));
  const daemon = place.start({ NOTIFY_SOCKET: place.join('notify') });
  await daemon.said('Ready.');
  // Answered, so that what is said right after the line is there as well.
  await daemon.ask('/api/health');
  t.same(read(), ['READY=1', `MAINPID=${daemon.child.pid}`, `STATUS=Serves ${place.vault}`]);
  await daemon.kill('SIGTERM');
  t.match(read(), ['STOPPING=1', 'STATUS=Waits for running jobs', /^EXTEND_TIMEOUT_USEC=\d+$/]);
});

t.test('a watched daemon is heard of again and again', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-notify-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const notifySocket = join(directory, 's');
  const read = serviceManager(t, notifySocket);
  const intervals: (() => void)[] = [];
  t.intercept(globalThis, 'setInterval', {
    value: (heard: () => void, ms: number) => {
      t.equal(ms, 5000, 'twice as often as wanted');
      intervals.push(heard);
      return { unref() {} };
    },
  });
  const manager = new ServiceManager({ ...environment, notifySocket, watchdogMs: 10_000 }, silentLogger);
  manager.ready('up');
  read();
  for (const heard of intervals) heard();
  for (const heard of intervals) heard();
  t.same(read(), ['WATCHDOG=1', 'WATCHDOG=1']);
  manager.close();
});

t.test('a service manager that does not listen is told of once, and is no reason to stop', { skip }, async (t) => {
  const logger = memoryLogger();
  const manager = new ServiceManager({ ...environment, notifySocket: '/nowhere/at-all' }, logger);
  manager.ready('up');
  manager.stopping('down', 1);
  t.match(logger.lines, [/^warn: The service manager cannot be told/]);
  const without = new ServiceManager({ ...environment, notifySocket: undefined }, logger);
  without.ready('up');
  t.equal(logger.lines.length, 1);
});
