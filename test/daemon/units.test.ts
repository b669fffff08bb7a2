import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { EXAMPLE_PLAN, type ServicePlan } from '../../src/daemon/service/plan.js';
import { unitFiles } from '../../src/daemon/service/unit-files.js';

const UNITS = fileURLToPath(new URL('../../../systemd/', import.meta.url));
const PROGRAM = '/usr/local/bin/bitacora';
const skip = spawnSync('systemd-analyze', ['--version']).status === 0 ? false : 'no systemd-analyze here';

const EVERYTHING: Partial<ServicePlan> = {
  paths: ['/srv/a b', '/home/ana', '/srv/50%'],
  targets: ['/srv/restored'],
  vault: '/srv/vault "main"',
  configFile: '/etc/bitacora/other $HOME.toml',
  socketGroup: 'root',
  listen: '127.0.0.1:8080',
  network: true,
};

/** The units of a plan whose program is there, as files, with the others beside. */
function written(t: Test, plan: Partial<ServicePlan>): { readonly units: string[]; readonly others: string[] } {
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-units-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const files = unitFiles({ ...EXAMPLE_PLAN, program: [process.execPath, '--max-semi-space-size=2'], ...plan });
  const paths = files.map(({ path, content }) => {
    const place = join(directory, path.split('/')[2]!);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, basename(path)), content);
    return join(place, basename(path));
  });
  return {
    units: paths.filter((path) => /\.(service|socket)$/.test(path)),
    others: paths.filter((path) => path.endsWith('.conf')),
  };
}

t.test('the units that are shown are those that `service install` writes', async (t) => {
  for (const { path, content } of unitFiles(EXAMPLE_PLAN)) {
    const place = path.replace(/^\/etc\/(systemd\/system\/)?/, '');
    t.equal(readFileSync(join(UNITS, place), 'utf8'), content, place);
  }
});

t.test('every unit runs the program at its place, as a command that there is', async (t) => {
  const services = readdirSync(UNITS).filter((name) => name.endsWith('.service'));
  t.ok(services.length >= 2);
  for (const name of services) {
    const [, command] = /^ExecStart=(.*)$/m.exec(readFileSync(join(UNITS, name), 'utf8')) ?? [];
    t.match(command, /^\/usr\/local\/bin\/bitacora (--vault \S+ --progress none daemon|backup %i )/, name);
  }
});

t.test('whatever runs as somebody else leaves the daemon’s directory its own', async (t) => {
  for (const name of readdirSync(UNITS).filter((name) => name.endsWith('.service'))) {
    const unit = readFileSync(join(UNITS, name), 'utf8');
    // systemd gives all of a StateDirectory= to the user of the unit that was started last.
    t.equal(/^StateDirectory=/m.test(unit), /^User=bitacora$/m.test(unit), name);
    t.match(unit, /^(StateDirectory=bitacora|ReadWritePaths=-\/var\/lib\/bitacora)$/m, name);
  }
});

t.test('systemd accepts all units', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-units-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const templates = readdirSync(UNITS).filter((name) => name.includes('@'));
  const instances = templates.map((name) => {
    // The program need not be installed where this runs, and a template needs an instance.
    const path = join(directory, name.replace('@', '@ana'));
    writeFileSync(path, readFileSync(join(UNITS, name), 'utf8').replaceAll(PROGRAM, process.execPath));
    return path;
  });
  for (const paths of [instances, written(t, {}).units, written(t, EVERYTHING).units]) {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], { encoding: 'utf8' });
    t.equal(status, 0, stderr);
    t.equal(stderr, '');
  }
});

t.test('the service of an application’s vault is exposed to little', { skip }, async (t) => {
  const exposure = (plan: Partial<ServicePlan>): number => {
    const service = written(t, plan).units.find((path) => path.endsWith('.service'))!;
    const args = ['security', '--offline=true', '--no-pager', service];
    const { stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    const [, level] = /Overall exposure level for \S+: ([0-9.]+)/.exec(stdout) ?? [];
    t.ok(level, stderr);
    return Number(level);
  };
  t.ok(exposure({}) <= 2);
  t.ok(exposure({ ...EVERYTHING, user: 'bitacora' }) <= 2.5, 'and with everything that it can be given, a little more');
});

t.test('a unit says what its plan does, whatever stands in paths', async (t) => {
  const text = (plan: Partial<ServicePlan>): string => unitFiles({ ...EXAMPLE_PLAN, ...plan })[0]!.content;
  const lines = text(EVERYTHING).split('\n');
  for (const line of [
    'ExecStart=/usr/local/bin/bitacora --config "/etc/bitacora/other $$HOME.toml" --vault "/srv/vault \\"main\\"" --progress none daemon',
    'RequiresMountsFor="/srv/a b" /home/ana /srv/50%%',
    'ReadOnlyPaths="/srv/a b" /home/ana /srv/50%%',
    'ReadWritePaths="/srv/vault \\"main\\"" -/srv/restored',
    'CapabilityBoundingSet=CAP_DAC_READ_SEARCH',
    'AmbientCapabilities=CAP_DAC_READ_SEARCH',
    'ProtectHome=read-only',
    'SystemCallFilter=@chown',
    'Requires=bitacora.socket bitacora-tcp.socket',
  ]) {
    t.ok(lines.includes(line), line);
  }
  t.notMatch(text(EVERYTHING), /^(PrivateNetwork|StateDirectory)=/m);
  for (const line of ['CapabilityBoundingSet=', 'ProtectHome=yes', 'PrivateTmp=yes', 'PrivateNetwork=yes']) {
    t.ok(text({}).split('\n').includes(line), line);
  }
  t.match(text({ program: ['/root/.nvm/node'] }), /^ProtectHome=read-only$/m, 'or Node could not be run');
  t.match(text({ paths: ['/'] }), /^ProtectHome=read-only\nPrivateTmp=no$/m);
  t.match(text({ graceMs: 300_000 }), /^TimeoutStopSec=360$/m, 'longer than running jobs are given');
  t.throws(() => text({ vault: '/srv/a\nExecStart=/bin/sh' }), { code: 'USAGE' });
});
