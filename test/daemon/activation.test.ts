import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readDaemonEnvironment } from '../../src/daemon/environment.js';
import { passedSockets } from '../../src/daemon/passed-sockets.js';
import { listeningSocket } from '../../src/posix/index.js';
import { ask } from '../api/http.js';
import { DaemonPlace } from './daemon-process.js';
import { socketUnit, withoutLibc } from './service-manager-double.js';

const skip = withoutLibc;

t.test('a daemon serves the sockets that systemd holds, and whoever asked before it ran', { skip }, async (t) => {
  const place = new DaemonPlace(t);
  // What a command sees of its own descriptors.
  const command = `[[source]]\nuser = "ana"\nname = "fds"\ncommand = ["/bin/ls", "-l", "/proc/self/fd"]\n`;
  await place.make(command);
  mkdirSync(join(place.root, 'run'));
  const sockets = [socketUnit(t, place.socket), socketUnit(t)];
  const tcp = listeningSocket(sockets[1]!);
  t.match(tcp, { kind: 'tcp', host: '127.0.0.1' });
  const { port } = tcp as { readonly port: number };
  const early = ask(place.socket, '/api/status');
  const daemon = place.activate(sockets, 'api:tcp');
  const { text } = await early;
  t.match(JSON.parse(text), { daemon: { pid: daemon.child.pid, socket: place.socket } });
  t.match(await fetch(`http://127.0.0.1:${port}/api/backups/ana`), { status: 401 });
  const { code, stderr } = await place.configured(['backup', 'ana']);
  t.equal(code, 0, stderr);
  const { stdout } = await place.configured(['cat', 'ana', 'latest', '_streams/fds']);
  // Those up to 2 are its own output.
  t.notMatch(stdout, / ([3-9]|\d\d+) -> socket:/, 'programs that it runs have none of them');
  t.match(await daemon.kill('SIGTERM'), { code: 0, stderr: '' });
  t.ok(existsSync(place.socket), 'it is systemd’s, and stays');
  const late = ask(place.socket, '/api/status');
  const next = place.activate(sockets, 'bitacora.socket:bitacora.socket');
  t.match(JSON.parse((await late).text), { daemon: { pid: next.child.pid } });
  await next.kill('SIGTERM');
});

t.test('passedSockets() refuses what it cannot serve', { skip }, async (t) => {
  const place = new DaemonPlace(t);
  const unix = socketUnit(t, place.join('a'));
  const second = socketUnit(t, place.join('b'));
  const tcp = socketUnit(t);
  const file = openSync('/dev/null', 'r');
  t.teardown(() => closeSync(file));
  const passed = (...fds: readonly [number, string?][]) => passedSockets(fds.map(([fd, name = '']) => ({ fd, name })));
  t.same(passed(), {});
  t.match(passed([tcp], [unix, 'api']), {
    unix: { fd: unix, path: place.join('a') },
    tcp: { fd: tcp, host: '127.0.0.1' },
  });
  t.throws(() => passed([unix], [second]), { code: 'CONFIG', message: /is a second Unix socket/ });
  t.throws(() => passed([tcp], [tcp]), { code: 'CONFIG', message: /is a second TCP socket/ });
  t.throws(() => passed([tcp, 'api']), { code: 'CONFIG', message: /"api" .* is of the kind tcp/ });
  t.throws(() => passed([file]), { code: 'CONFIG', message: /is no stream socket that listens/ });
});

t.test('what is passed to another process is nobody’s here', async (t) => {
  const before = { ...process.env };
  t.teardown(() => {
    process.env = before;
  });
  Object.assign(process.env, { LISTEN_FDS: '2', LISTEN_FDNAMES: 'api', LISTEN_PID: String(process.pid) });
  Object.assign(process.env, { WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid) });
  const mine = readDaemonEnvironment();
  t.same(mine.passed, [
    { fd: 3, name: 'api' },
    { fd: 4, name: '' },
  ]);
  t.equal(mine.watchdogMs, 30_000);
  Object.assign(process.env, { LISTEN_PID: '1', WATCHDOG_PID: '1' });
  const another = readDaemonEnvironment();
  t.same(another.passed, []);
  t.equal(another.watchdogMs, undefined);
});
