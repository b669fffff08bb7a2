import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PROGRAM } from '../helpers/delivered.js';
import { Place } from './bin.js';

/** Whether system calls can be made to fail here. */
function canTrace(): boolean {
  return spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;
}

const LARGE = Buffer.alloc(5_000_000, 'large, and no two lines are all alike\n');

/** Calls that fail on what lies in the source. */
const errors: readonly { name: string; call: string; on: string; force?: boolean }[] = [
  { name: 'listing a directory', call: 'getdents64', on: 'dir' },
  { name: 'reading a small file', call: 'pread64', on: 'small', force: true },
  { name: 'reading a large file, half-way', call: 'pread64:when=2+', on: 'large', force: true },
  { name: 'looking at the attributes of a directory', call: 'flistxattr', on: 'dir' },
];

for (const { name, call, on, force } of errors) {
  t.test(`a disk error while ${name} makes the snapshot partial, with the last known state`, async (t) => {
    if (!canTrace()) return t.pass('no strace here');
    const place = new Place(t);
    mkdirSync(join(place.source, 'dir', 'sub'), { recursive: true });
    writeFileSync(join(place.source, 'dir', 'sub', 'file'), 'known');
    writeFileSync(join(place.source, 'small'), 'known');
    writeFileSync(join(place.source, 'large'), LARGE);
    await place.run(['init']);
    const args = ['backup', 'ana', '--path', place.source, '--threads', '0', ...(force ? ['--force'] : [])];
    t.equal((await place.run(args)).code, 0);
    const path = join(place.source, on);
    const [syscall, ...when] = call.split(':');
    const inject = ['-e', `trace=${syscall}`, '-e', `inject=${[syscall, 'error=EIO', ...when].join(':')}`];
    const through = ['strace', '-f', '-qq', '-o', place.join('trace'), '-P', path, ...inject];
    const { code, answer } = await place.json(args, { through });
    t.equal(code, 3);
    t.match(answer, { status: 'partial', failure_count: 1, failures: [{ path, code: 'EIO' }] });
    const target = place.join('target');
    const restored = await place.run(['restore', 'ana', '--latest', '--target', target, '--flatten']);
    t.equal(restored.code, 0);
    t.match(restored.stderr, /last known state/);
    t.equal(readFileSync(join(target, 'dir', 'sub', 'file'), 'utf8'), 'known');
    t.equal(readFileSync(join(target, 'small'), 'utf8'), 'known');
    t.ok(readFileSync(join(target, 'large')).equals(LARGE));
    t.equal((await place.run(args)).code, 0, 'and the next one is whole again');
  });
}

t.test('the end of a command does not wait for the disk that its output goes to', async (t) => {
  if (!canTrace()) return t.pass('no strace here');
  const place = new Place(t);
  await place.run(['init']);
  const output = openSync(place.join('output'), 'w');
  t.teardown(() => closeSync(output));
  const trace = ['-f', '-qq', '-o', place.join('trace'), '-P', place.join('output'), '-e', 'trace=fsync'];
  const words = ['--vault', place.vault, '--key-file', place.keyFile, 'user', 'list'];
  const command = [...trace, '-e', 'inject=fsync:error=EIO', process.execPath, PROGRAM, ...words];
  const child = spawn('strace', command, { stdio: ['ignore', output, output] });
  t.teardown(() => child.kill('SIGKILL'));
  t.same(await once(child, 'close'), [0, null]);
  t.notMatch(readFileSync(place.join('trace'), 'utf8'), /fsync/);
});
