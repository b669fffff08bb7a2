import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { ServiceManager } from '../../src/daemon/service-manager.js';
import { memoryLogger } from '../vault/fixture.js';
import { DaemonPlace } from './daemon-process.js';
import { serviceManager, withoutLibc } from './service-manager-double.js';

const skip = withoutLibc;
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
  const before = systemClock.monotonic() * 1000;
  daemon.child.kill('SIGHUP');
  await daemon.said('Reloaded the configuration.');
  await daemon.ask('/api/health');
  const [word, at, ...others] = read();
  t.same([word, ...others], ['RELOADING=1', 'READY=1', `MAINPID=${daemon.child.pid}`, `STATUS=Serves ${place.vault}`]);
  // By the same clock as the service manager's, so that it knows which reload this answers.
  const us = Number(/^MONOTONIC_USEC=(\d+)$/.exec(at!)![1]);
  t.ok(before <= us && us <= systemClock.monotonic() * 1000, at!);
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
