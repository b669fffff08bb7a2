import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startDaemon } from '../api/daemon.js';
import { type Ended, Place } from './bin.js';

async function setUp(t: Test): Promise<Place> {
  const place = new Place(t);
  mkdirSync(join(place.source, 'deep'));
  for (const name of ['a.txt', 'b.tmp', 'deep/c.txt']) writeFileSync(join(place.source, name), name);
  t.equal((await place.run(['init', '--quiet'])).code, 0);
  return place;
}

/** The same calls in this process alone and through a daemon: both must end and say as `expected` has it. */
async function bothWays(
  t: Test,
  calls: (
    place: Place,
  ) => readonly (readonly [args: readonly string[], expected: Partial<Record<keyof Ended, unknown>>])[],
): Promise<void> {
  for (const way of ['alone', 'through a daemon']) {
    const place = await setUp(t);
    const daemon = way === 'alone' ? undefined : await startDaemon(place);
    for (const [args, expected] of calls(place)) {
      t.match(await place.run(args), { code: 0, ...expected }, `${args.join(' ')}, ${way}`);
    }
    await daemon?.close();
  }
}

t.test('users are made, changed, listed and shown', async (t) => {
  await bothWays(t, (place) => [
    [['user', 'list'], { stdout: 'User  Created  Sources\n0 users\n' }],
    [
      ['user', 'add', 'ana', '--source', `path:${place.source}`, '--exclude', '*.tmp'],
      { stdout: `Created the user "ana".\n  source    path:${place.source}\n  left out  *.tmp\n` },
    ],
    [['user', 'add', 'ana'], { code: 73, stderr: /There is a user "ana" already/ }],
    [['user', 'set', 'ana', '--add-source', 'path:/srv', '--remove-exclude', '*.tmp'], { stdout: /path:\/srv\n$/ }],
    [['user', 'set', 'ana', '--add-source', 'path:/srv'], { stdout: /"ana"\.\n.*source\n.*srv\n$/ }],
    [
      ['user', 'set', 'ana', '--remove-source', 'path:/srv', '--add-exclude', 'deep/'],
      { stdout: /left out {2}deep\/\n$/ },
    ],
    [['user', 'set', 'ana'], { code: 64, stderr: /Nothing to change/ }],
    [['user', 'set', 'anna', '--exclude', 'x'], { code: 66 }],
    [['user', 'list'], { stdout: new RegExp(`ana .*${place.source}\n1 user\n$`) }],
    [['backup', 'ana'], { stdout: /1 item excluded/ }],
    [['user', 'show', 'ana'], { stdout: /Snapshots +1\nStored .*\nQuota +none\nLast complete +\d{4}-/ }],
    [['user', 'show', 'ann'], { code: 66, stderr: /Did you mean "ana"/ }],
  ]);
});

t.test('sources are checked, and relative to where the command stands', async (t) => {
  const place = await setUp(t);
  for (const [wrong, why] of [
    ['command:x', /configured in the file/],
    ['/srv', /Write path:DIR/],
    ['path:', /Write path:DIR/],
  ] as const) {
    t.match(await place.run(['user', 'add', 'ana', '--source', wrong]), { code: 64, stderr: why });
  }
  const { answer } = await place.json(['user', 'add', 'ana', '--source', 'path:deep'], { cwd: place.source });
  t.match(answer, { user_id: 'ana', sources: [{ kind: 'path', path: join(place.source, 'deep') }], exclude: [] });
});

t.test('stats and status tell what is there', async (t) => {
  await bothWays(t, (place) => [
    [['stats'], { stdout: /all +0 +0 +0 B/ }],
    [['backup', 'ana', '--path', place.source], {}],
    [['backup', 'ana', '--path', place.source], {}],
    [['backup', 'ben', '--path', join(place.source, 'deep')], {}],
    [['stats'], { stdout: /ana +2 +3 +20 B +40 B .* 2\.00× .*\nben +1 +1 .*\nall +3 +4 +30 B/ }],
    [['stats', 'ben'], { stdout: /^User.*\nben +1 +1 .*\n$/ }],
    [['stats', 'nobody'], { code: 66 }],
    [
      ['status'],
      {
        stdout:
          /^Vault .*\nVault id .*\nFree space .*\nDaemon .*\nUsers +2\n\n.*\nana +2 .* ago +complete +\d[\d.]* KiB +never\nben +1/,
      },
    ],
  ]);
});

t.test('status --json has the daemon where there is one', async (t) => {
  const place = await setUp(t);
  await place.run(['user', 'add', 'ana']);
  t.match((await place.json(['status'])).answer, {
    daemon: null,
    vault: { path: place.vault, read_only: false },
    users: [{ user_id: 'ana', snapshots: 0, last_success: null, last_success_age_ms: null, problems: [] }],
  });
  const daemon = await startDaemon(place);
  t.match((await place.json(['status'])).answer, { daemon: { pid: process.pid, running: [], queued: 0 } });
  await daemon.close();
});

t.test('status meets one user’s damage, tells it, and goes on', async (t) => {
  const place = await setUp(t);
  for (const user of ['ana', 'ben']) await place.run(['backup', user, '--path', place.source]);
  const { answer } = await place.json(['user', 'show', 'ana']);
  const keys = join(place.vault, 'users', String(answer.uid), 'keys');
  for (const name of await readdir(keys)) {
    const bytes = await readFile(join(keys, name));
    bytes[200]! ^= 1;
    await writeFile(join(keys, name), bytes, { mode: 0o600 });
  }
  const { code, stdout, stderr } = await place.run(['status']);
  t.equal(code, 65);
  t.match(stdout, /ben +1 .*complete/);
  t.match(stderr, /ana: .*keys\//);
});

t.test('jobs are listed and cancelled by name', async (t) => {
  const place = await setUp(t);
  t.match(await place.run(['jobs']), { code: 0, stdout: '0 jobs\n' }, 'there are none without a daemon');
  t.match(await place.run(['cancel', 'x']), { code: 66, stderr: /no daemon runs/ });
  const daemon = await startDaemon(place);
  await place.run(['backup', 'ana', '--path', place.source]);
  await place.run(['backup', 'ana', '--path', join(place.source, 'none')]);
  const { stdout } = await place.run(['jobs']);
  t.match(stdout, /succeeded +backup +ana .*\n.*failed +backup +ana .*does not exist\.\n2 jobs\n$/);
  const [, id = ''] = /\n(\S+) +succeeded/.exec(stdout) ?? [];
  t.match(await place.run(['cancel', id]), { code: 0, stdout: `The job ${id}: succeeded.\n` });
  await daemon.close();
});

t.test('config check prints the configuration, or every problem', async (t) => {
  const place = await setUp(t);
  const file = place.join('b.toml');
  const check = (...args: string[]) => place.bare(['--config', file, 'config', 'check', ...args]);
  await writeFile(file, '[backup]\ncompression = "lz4"\n[alerts]\ncommand = ["/bin/true"]\n');
  t.match(await check(), {
    code: 0,
    stdout: /backup\.compression = "lz4"\n(.*\n)*The configuration ".*" is right\.\n$/,
    stderr: /warning: line 3: "alerts" does nothing yet/,
  });
  await writeFile(file, '[backup]\ncompression = "lz5"\n[hook]\n');
  t.match(await check(), { code: 78, stdout: '', stderr: /line 2: .*"lz5".*\n.*line 3: .*Did you mean "hooks"/ });
  t.match(JSON.parse((await check('--json')).stdout), {
    file,
    valid: false,
    problems: [{ line: 2 }, { line: 3 }],
    config: null,
  });
  t.match(await place.bare(['--config', place.join('none'), 'config', 'check']), { code: 78, stderr: /not there/ });
});

t.test('a command goes by the configuration: vault, key, sources, compression and excludes', async (t) => {
  const place = await setUp(t);
  const file = place.join('conf', 'b.toml');
  mkdirSync(place.join('conf'));
  const source = `[[source]]\nuser = "ana"\npath = "../source"\nexclude = ["deep/"]\n`;
  await writeFile(
    file,
    `[backup]\ncompression = "none"\nexclude = ["*.tmp"]\n[backup.storage.local]\npath = "../vault"\n[keys]\nfile = "../master.key"\n${source}`,
  );
  const own = await place.bare(['--config', file, 'backup', 'ana', '--json']);
  t.equal(own.code, 0, own.stderr);
  t.match(JSON.parse(own.stdout), { captured: [`path:${place.source}`], files: { total: 1 }, excluded: 2 });
  t.match(await place.bare(['--config', file, 'user', 'show', 'ana']), { stdout: /path:.*\(configured\)/ });
  await writeFile(file, '[backup]\nenabled = false\n');
  t.match(await place.run(['--config', file, 'backup', 'ana', '--path', place.source]), {
    code: 78,
    stderr: /turned off/,
  });
  t.match(await place.run(['--config', file, 'list', 'ana']), { code: 0 });
});
