import { readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { checkConfig } from '../../src/daemon/config/check.js';
import { keyLines } from '../../src/daemon/config/key-lines.js';
import { allSettings } from '../../src/daemon/config/problems.js';
import { settingsOf } from '../../src/daemon/config/settings.js';
import { findConfig } from '../../src/daemon/index.js';

const FILE = '/etc/bitacora/bitacora.toml';

/** `line: message` of each problem. */
function problemsOf(text: string): string[] {
  return checkConfig(text, FILE).problems.map(({ line, message }) => `${line}: ${message}`);
}

function documented(): string {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  return /```toml\n(.*?)```/s.exec(page)![1]!;
}

t.test('the documented file is right, and shows every setting that there is', async (t) => {
  const text = documented();
  t.same(problemsOf(text), []);
  const shown = new Set([...keyLines(text).keys()].map((key) => key.replace(/\.\d+(?=\.|$)/g, '')));
  t.same(
    allSettings().filter((key) => !shown.has(key)),
    [],
  );
});

t.test('the settings marked as later are those that are warned of', async (t) => {
  const text = documented();
  const marked = new Set<string>();
  const lines = text.split('\n');
  for (const [key, line] of keyLines(text)) {
    if (lines[line - 1]!.includes('(later)')) marked.add(key.replace(/\.\d+(?=\.|$)/g, ''));
  }
  const warned = checkConfig(text, FILE).warnings.map(({ key }) => key);
  for (const key of warned) {
    t.ok(marked.has(key) || [...marked].some((other) => other.startsWith(`${key}.`)), `${key} is marked`);
  }
  for (const key of marked) {
    t.ok(
      warned.some((other) => key === other || key.startsWith(`${other}.`)),
      `${key} is warned of`,
    );
  }
});

t.test('a setting that does nothing yet is warned of only where it would turn something on', async (t) => {
  const copy = '[backup.storage]\nsecondary = "s3"\n[backup.storage.s3]\nbucket = "b"\n';
  t.match(checkConfig(copy, FILE).warnings, [{ line: 2 }, { line: 3 }]);
  t.same(checkConfig('[backup.storage]\nsecondary = "none"\n', FILE).warnings, []);
});

t.test('an empty file is right, and so is the one that operators know', async (t) => {
  t.match(checkConfig('', FILE), { problems: [], warnings: [], config: { backup: { compression: 'zstd' } } });
  const known = `
[backup]
enabled = true
auto_backup_on_session_end = true
compression = "gzip"
encryption = true
[backup.retention]
session_backups_days = 30
daily_backups_days = 90
weekly_backups_days = 365
monthly_backups_days = 1825
[backup.storage]
primary = "local"
secondary = "s3"
[backup.storage.local]
path = "./data/backups"
max_size_gb = 10
[backup.storage.s3]
bucket = "bitacora-backups"
region = "us-east-1"
`;
  const { problems, config, warnings } = checkConfig(known, FILE);
  t.same(problems, []);
  t.equal(config?.backup.storage.local.path, '/etc/bitacora/data/backups');
  t.match(
    warnings.find(({ key }) => key === 'backup.storage.secondary'),
    { line: 14, message: /no second copy/ },
  );
});

t.test('every problem is told at once, with its line and what was expected', async (t) => {
  const text = `[backup]
compresion = "gzip"
encryption = false
workers = "two"

[backup.storage.local]
path = 5

[[source]]
user = "ana"
path = "/srv/ana"
[[source]]
user = "ben/"
[limits]
grace = "30"
`;
  t.same(problemsOf(text), [
    '2: "backup.compresion" is no setting. Did you mean "compression"?',
    '3: "backup.encryption" is false: expected true: there is no vault without encryption, and no setting that turns it off.',
    '4: "backup.workers" is "two": expected a whole number from 0 to 64.',
    '7: "backup.storage.local.path" is 5: expected a path.',
    '12: [source[2]] needs either path or command.',
    '13: "source[2].user" is "ben/": expected a user id: 1 to 128 of A-Z a-z 0-9 . _ @ + -, beginning with a letter or digit.',
    '15: "limits.grace" is "30": expected a time such as "30s", "5m", "2h" or "1d", at most 24 days.',
  ]);
});

t.test('a setting in the wrong table is found where it belongs', async (t) => {
  t.same(problemsOf('compression = "lz4"\n'), ['1: "compression" is no setting. Did you mean "backup.compression"?']);
  t.match(problemsOf('[source]\nuser = "ana"\n'), [
    /^1: "source" is \{"user":"ana"\}: expected tables \[\[source\]\]\.$/,
  ]);
  t.match(problemsOf('[unheard]\nof = 1\n'), [/^1: "unheard" is no setting\. Valid here: backup, api/]);
});

t.test('settings that do not agree are refused', async (t) => {
  t.same(problemsOf('[backup]\ncompression = "gzip"\ncompression_level = 12\n'), [
    '3: "backup.compression_level" is 12: expected 1 to 9 with gzip.',
  ]);
  t.match(problemsOf('[backup.storage]\nsecondary = "s3"\n'), [/^2: .*expected a table \[backup\.storage\.s3\]/]);
  t.match(
    problemsOf('[backup]\ncompression_level = 99\nwhat = 1\n[backup.storage]\nsecondary = "s3"\n[log]\nlevel = 7\n'),
    [/^2: .*is 99: expected/, /^3: .*no setting/, /^5: .*expected a table/, /^7: /],
    'beside others, too',
  );
  const never = '[[schedule]]\nusers = ["ana"]\ncron = "0 0 30 2 *"\n';
  t.match(problemsOf(never), [/^3: .*a cron expression/]);
  t.match(problemsOf('[[schedule]]\nusers = ["ana"]\n'), [/^1: \[schedule\[1\]\] needs either cron or every\.$/]);
  t.match(problemsOf('[[source]]\nuser = "ana"\ncommand = ["x"]\n'), [/^1: .*needs a name beside command\.$/]);
});

t.test('what is not TOML is told with its line', async (t) => {
  const [problem, ...others] = problemsOf('[backup]\nenabled = true\ncompression = \n');
  t.match(problem, /^3: This is not TOML: /);
  t.same(others, []);
});

t.test('paths are relative to the file', async (t) => {
  const { config } = checkConfig(
    `[backup.storage.local]
path = "data"
[keys]
file = "../key"
[api.socket]
path = "run/s"
[hooks]
before = ["./freeze", "./as-it-is"]
after = ["thaw"]
[[source]]
user = "ana"
path = "/abs"
[[source]]
user = "ana"
name = "x"
command = ["bin/dump"]
`,
    '/srv/app/conf/b.toml',
  );
  t.match(config, {
    backup: { storage: { local: { path: '/srv/app/conf/data' } } },
    keys: { file: '/srv/app/key' },
    api: { socket: { path: '/srv/app/conf/run/s' } },
    hooks: { before: ['/srv/app/conf/freeze', './as-it-is'], after: ['thaw'] },
    source: [{ path: '/abs' }, { command: ['/srv/app/conf/bin/dump'] }],
  });
});

t.test('settingsOf() says what operations go by', async (t) => {
  const { config } = checkConfig(documented(), FILE);
  t.match(settingsOf(config!), {
    enabled: true,
    codec: 'zstd',
    level: 3,
    exclude: ['*.tmp', '.cache/'],
    sources: [
      { kind: 'path', user: 'ana', path: '/srv/ana', exclude: ['node_modules/'], atSessionEnd: true },
      { kind: 'command', user: 'ana', name: 'database.sql', argv: ['/usr/bin/pg_dump', 'ana'], timeoutMs: 3_600_000 },
    ],
    hooks: { before: { argv: ['/usr/local/bin/freeze-database'], timeoutMs: 300_000 } },
    autoBackupOnSessionEnd: true,
    timezone: 'Europe/Madrid',
    retention: { sessionDays: 30, dailyDays: 90, weeklyDays: 365, monthlyDays: 1825, manualDays: 90, criticalDays: 90 },
    space: { vaultBytesMax: 10e9, userBytesMax: 5e9, warningShare: 0.9 },
    records: {
      userWide: ['user_config'],
      pull: { argv: ['/usr/local/bin/pull-records', '--json'], timeoutMs: 60_000 },
    },
    schedule: [
      { users: ['ana'], cron: '0 3 * * *', everyMs: undefined, kind: 'periodic', jitterMs: 600_000, runMissed: true },
      { users: ['*'], cron: undefined, everyMs: 21_600_000, jitterMs: 0 },
    ],
    access: {
      hosts: ['backup.example.org'],
      peers: [{ uid: 1000, users: ['ana'], scopes: ['backup', 'restore', 'list'] }],
      allowedTargets: ['/srv/restored'],
    },
    missingCopy: /^The second copy in S3 is configured .* and is not made/,
  });
  t.equal(settingsOf(checkConfig('', FILE).config!).missingCopy, undefined);
  const some = checkConfig('[backup.retention]\ndaily_backups_days = 7\n', FILE).config!;
  t.match(settingsOf(some).retention, { sessionDays: 30, dailyDays: 7, weeklyDays: 365, monthlyDays: 1825 });
  t.match(problemsOf('[[schedule]]\nusers = ["ana"]\ncron = "99 * * * *"\n'), [/^3: "schedule\[1\]\.cron" is "99/]);
  t.match(problemsOf('[api]\nhosts = ["a b"]\n'), [/^2: "api\.hosts\[1\]" is "a b": expected the name of a host/]);
});

t.test('findConfig() reads no file that somebody else may have written', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'bitacora-config-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const file = join(directory, 'b.toml');
  await writeFile(file, '');
  await chmod(file, 0o646);
  await t.rejects(findConfig(file), { code: 'CONFIG', message: /everybody may write it/ });
  await chmod(file, 0o664);
  t.match(await findConfig(file), { file });
  await t.rejects(findConfig(directory), { code: 'CONFIG', message: /no file/ });
  if (process.geteuid?.() !== 0) return;
  await chown(file, 0, 12_345);
  await t.rejects(findConfig(file), { code: 'CONFIG', message: /its group 12345 may write it/ });
  await chmod(file, 0o644);
  await chown(file, 12_345, 0);
  await t.rejects(findConfig(file), { code: 'CONFIG', message: /belongs to somebody else/ });
});

t.test('findConfig() takes the named file or the system’s, and only the latter may be missing', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'bitacora-config-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const file = join(directory, 'b.toml');
  const missing = join(directory, 'none.toml');
  await writeFile(file, '[log]\nlevel = "debug"\n');
  t.match(await findConfig(file, missing), { file, config: { log: { level: 'debug' } } });
  t.match(await findConfig(undefined, file), { file });
  t.equal(await findConfig(undefined, missing), undefined);
  await t.rejects(findConfig(missing, file), { code: 'CONFIG', message: /not there/ });
  await writeFile(file, '[log]\nlevel = "loud"\nlvel = 1\n');
  await t.rejects(findConfig(file), {
    code: 'CONFIG',
    message: /has 2 problems:\n {2}line 2: "log\.level" is "loud".*\n {2}line 3: "log\.lvel" is no setting/,
    details: {
      file,
      problems: [
        { line: 2, key: 'log.level' },
        { line: 3, key: 'log.lvel' },
      ],
    },
  });
});
