import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { silentLogger } from '../../src/base/index.js';
import { findConfig, type LoadedConfig } from '../../src/daemon/index.js';
import { Reloader } from '../../src/daemon/reload.js';
import { DaemonPlace } from './daemon-process.js';

t.test('SIGHUP: a right configuration replaces the settings, and no job is disturbed', async (t) => {
  const place = new DaemonPlace(t);
  const gate = place.gate('ana');
  await place.make(gate.source);
  const daemon = await place.up();
  const running = await daemon.submit('ana');
  const held = await gate.reached();
  await place.configure(`${gate.source}[backup]\nenabled = false\nworkers = 1\n`);
  daemon.child.kill('SIGHUP');
  await daemon.said('Reloaded the configuration.');
  const body = { user_id: 'ben', type: 'manual', paths: [place.source] };
  const refused = await daemon.ask('/api/commands/backup', { body });
  t.match(refused, { status: 503, answer: { error: { code: 'DISABLED' } } });
  const { answer } = await daemon.ask('/api/status');
  t.match(answer.warnings, [/^"backup\.workers" has changed and counts from the next start of the daemon on\.$/]);
  await held.pass();
  t.match(await daemon.wait(running), { state: 'succeeded' });
  t.match(await daemon.kill('SIGTERM'), { code: 0, stderr: '' });
});

t.test('a wrong configuration changes nothing, and is told everywhere until it is right', async (t) => {
  const place = new DaemonPlace(t);
  await place.configure('');
  const started = (await findConfig(place.config))!;
  const applied: LoadedConfig[] = [];
  const said: string[] = [];
  const told: string[] = [];
  const manager = {
    reloading: (monotonicMs: number) => void told.push(`reloading at ${monotonicMs}`),
    ready: (status: string) => void told.push(status),
  };
  const say = (message: string): void => void said.push(message);
  const log = { debug: say, info: say, warn: say, error: say, fatal: say, setLevel: () => {} };
  const reloader = new Reloader({
    started,
    configFile: place.config,
    overridden: [],
    apply: (next) => void applied.push(next),
    log,
    manager,
    clock: { now: () => 0, monotonic: () => 1234.5 },
    status: 'Serves',
  });
  t.same(reloader.problems, []);

  await place.configure('[backup]\nenabled = "perhaps"\n[limit]\nwriters = 1\n');
  await reloader.reload();
  t.same(applied, []);
  t.equal(reloader.current, started);
  const amiss = /^The configuration was not reloaded, .* has 2 problems:\n.*"backup\.enabled".*\n.*"limits"/s;
  t.match(reloader.problems, [amiss]);
  t.match(said, [amiss]);
  t.match(told.splice(0), ['reloading at 1234.5', /^Serves; the changed configuration is wrong and not in force/]);

  await rm(place.config);
  await reloader.reload();
  t.match(reloader.problems, [/it is not there/]);
  t.equal(reloader.current, started);

  said.length = 0;
  told.length = 0;
  await place.configure('[backup]\nexclude = ["*.tmp"]\n[api]\nlisten = "127.0.0.1:1"\n');
  // Both end with the newer file read, however they overlap.
  await Promise.all([reloader.reload(), reloader.reload()]);
  t.match(applied.at(-1), { settings: { exclude: ['*.tmp'] } });
  t.match(reloader.problems.at(-1), /^"api\.listen" has changed and counts from the next start/);
  t.match(told, ['reloading at 1234.5', /^Serves; api\.listen changed: restart/]);
  await place.configure('');
  await reloader.reload();
  t.same(reloader.problems, [], 'as it was at the start: nothing waits for the next one');
});

t.test('where the command line decides, the file’s own word is no change', async (t) => {
  const place = new DaemonPlace(t);
  await place.configure('');
  const started = await findConfig(place.config);
  await writeFile(place.config, '[backup.storage.local]\npath = "elsewhere"\n[keys]\nfile = "other.key"\n');
  const manager = { reloading: () => {}, ready: () => {} };
  const log = { ...silentLogger, fatal: () => {}, setLevel: () => {} };
  const common = { started, configFile: join(place.config), apply: () => {}, log, manager, status: '' };
  const clock = { now: () => 0, monotonic: () => 0 };
  const reloader = new Reloader({ ...common, clock, overridden: ['backup.storage.local.path', 'api.socket.path'] });
  await reloader.reload();
  t.match(reloader.problems, [/^"keys\.file" has changed/]);
  t.equal(reloader.problems.length, 1);
});
