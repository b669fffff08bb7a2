import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const UNITS = fileURLToPath(new URL('../../../systemd/', import.meta.url));
const PROGRAM = '/usr/local/bin/bitacora';
const names = readdirSync(UNITS);
const analyze = spawnSync('systemd-analyze', ['--version']);

t.test('every unit runs the program at its place, as a command that there is', async (t) => {
  t.ok(names.length >= 3);
  for (const name of names.filter((one) => one.endsWith('.service'))) {
    const [, command] = /^ExecStart=(.*)$/m.exec(readFileSync(join(UNITS, name), 'utf8')) ?? [];
    t.match(command, /^\/usr\/local\/bin\/bitacora (--progress none daemon|backup %i )/, name);
  }
});

t.test('systemd accepts the units', { skip: analyze.status === 0 ? false : 'no systemd-analyze here' }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-units-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  for (const name of names) {
    // The program need not be installed where this runs, and a template needs an instance.
    const text = readFileSync(join(UNITS, name), 'utf8').replaceAll(PROGRAM, process.execPath);
    writeFileSync(join(directory, name.replace('@', '@ana')), text);
  }
  const paths = names.map((name) => join(directory, name.replace('@', '@ana')));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], { encoding: 'utf8' });
  t.equal(status, 0, stderr);
  t.notMatch(stderr, /Unknown (key|lvalue|section)/);
});
