import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Place } from './bin.js';

const LONG_AGO = 1_600_000_000;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0[12]:00$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A few files of one user, and a vault for them. */
async function setUp(t: Test): Promise<Place> {
  const place = new Place(t);
  mkdirSync(join(place.source, 'docs'));
  writeFileSync(join(place.source, 'docs', 'a.txt'), 'one\n');
  writeFileSync(join(place.source, 'docs', 'b.txt'), 'two\n'.repeat(10_000));
  symlinkSync('a.txt', join(place.source, 'docs', 'link'));
  linkSync(join(place.source, 'docs', 'a.txt'), join(place.source, 'same'));
  utimesSync(join(place.source, 'docs', 'a.txt'), LONG_AGO, LONG_AGO);
  const { code } = await place.run(['init', '--quiet']);
  t.equal(code, 0);
  return place;
}

t.test('init says where the vault and the key are and how to save the key', async (t) => {
  const place = new Place(t);
  const { code, stdout, stderr } = await place.run(['init']);
  t.ok(statSync(join(place.vault, 'reserve')).size >= 16 << 20, 'space that a full disk can be emptied with');
  t.equal(code, 0);
  t.equal(stderr, '');
  t.match(stdout, `Vault       ${place.vault}`);
  t.match(stdout, `Master key  ${place.keyFile}`);
  t.match(stdout, /without it nothing in this vault can ever be restored/);
  t.match(stdout, `cat ${place.keyFile}`);
});

t.test('init --json names vault, id and key file; the usual places are those of the user', async (t) => {
  const place = new Place(t);
  const env = { XDG_DATA_HOME: place.join('data'), XDG_CONFIG_HOME: place.join('config'), BITACORA_VAULT: place.vault };
  const { code, stdout } = await place.bare(['init', '--json', '--key-file', place.keyFile], { env });
  t.equal(code, 0);
  const answer = JSON.parse(stdout);
  t.match(answer, { vault: place.vault, vault_id: /^[0-9a-f]{32}$/, key_file: place.keyFile });
  t.match(readFileSync(place.keyFile, 'utf8'), answer.vault_id);
});

t.test('backup, list, ls and restore answer in JSON', async (t) => {
  const place = await setUp(t);
  const first = await place.json(['backup', 'ana', '--path', place.source, '--reason', 'a test', '--threads', '0']);
  t.equal(first.code, 0);
  t.equal(first.stderr, '');
  t.match(first.answer, {
    backup_id: UUID,
    user_id: 'ana',
    user_created: true,
    session_id: null,
    timestamp: ISO,
    backup_type: 'manual',
    status: 'complete',
    dry_run: false,
    captured: [`path:${place.source}`],
    failures: [],
    failure_count: 0,
    parent_id: null,
    files: { total: 3, changed: 0, unchanged: Number, unread: 0 },
    directories: 2,
    others: 1,
    size_uncompressed: 40_008,
    bytes_added: Number,
    duration_ms: Number,
  });
  const second = await place.json(['backup', 'ana', '--path', place.source, '--kind', 'critical']);
  t.match(second.answer, { user_created: false, parent_id: first.answer.backup_id, backup_type: 'critical' });

  const list = await place.json(['list', 'ana']);
  t.equal(list.answer.backups?.length, 2);
  t.match(list.answer, { user_id: 'ana', next: null });
  t.match(list.answer.backups?.[1], {
    backup_id: first.answer.backup_id,
    user_id: 'ana',
    timestamp: first.answer.timestamp,
    session_id: null,
    backup_type: 'manual',
    status: 'complete',
    captured: [`path:${place.source}`],
    size_uncompressed: 40_008,
    reason: 'a test',
  });
  const critical = await place.json(['list', 'ana', '--kind', 'critical']);
  t.same(
    critical.answer.backups?.map((backup) => backup.backup_id),
    [second.answer.backup_id],
  );
  const until = await place.json(['list', 'ana', '--until', String(first.answer.timestamp)]);
  t.equal(until.answer.backups?.length, 1);

  const docs = await place.json(['ls', 'ana', join(place.source, 'docs')]);
  t.match(docs.answer, { user_id: 'ana', folded_from: [second.answer.backup_id] });
  t.match(docs.answer.entries, [
    {
      path: join(place.source, 'docs', 'a.txt'),
      type: 'file',
      mode: '0644',
      size: 4,
      mtime: '2020-09-13T14:26:40.000000000+02:00',
    },
    { path: join(place.source, 'docs', 'b.txt'), size: 40_000, user: String, uid: Number },
    { path: join(place.source, 'docs', 'link'), type: 'symlink', target: 'a.txt' },
  ]);

  const target = place.join('restored');
  const restored = await place.json([
    'restore',
    'ana',
    '--snapshot',
    String(first.answer.backup_id),
    '--target',
    target,
    '--verify',
  ]);
  t.equal(restored.code, 0);
  t.match(restored.answer, {
    user_id: 'ana',
    at: null,
    folded_from: [first.answer.backup_id],
    target,
    status: 'complete',
    restored: [`path:${place.source}`],
    failures: [],
    warnings: [],
    duration_ms: Number,
  });
  const copy = join(target, place.source);
  t.same(readdirSync(copy, { recursive: true }).sort(), ['docs', 'docs/a.txt', 'docs/b.txt', 'docs/link', 'same']);
  t.equal(readFileSync(join(copy, 'docs', 'b.txt'), 'utf8'), 'two\n'.repeat(10_000));
});

t.test('backup, list, ls and restore talk to people', async (t) => {
  const place = await setUp(t);
  const backup = await place.run(['backup', 'ana', '--path', place.source]);
  t.match(backup.stdout, /^Created the user "ana"\.\nSnapshot [0-9a-f-]{36} of ana: complete in /);
  t.match(backup.stdout, `  captured  path:${place.source}\n  files     3 files: `);
  const list = await place.run(['list', 'ana']);
  t.match(list.stdout, /^Snapshot +Time +Kind +Status +Files +Size +Added +Kept +Captured\n/);
  t.match(list.stdout, /\n1 snapshot of ana\n$/);
  const scopes = await place.run(['ls', 'ana']);
  t.match(scopes.stdout, new RegExp(`^drwx.* ${place.source}\n$`));
  const file = await place.run(['ls', 'ana', '--latest', join(place.source, 'docs/link')]);
  t.match(file.stdout, / -> a\.txt\n$/);
  const restore = await place.run(['restore', 'ana', '--latest', '--target', place.join('out'), '--flatten']);
  t.match(restore.stdout, `Restored to ${place.join('out')}: complete in `);
  t.same(readdirSync(place.join('out')).sort(), ['docs', 'same']);
  for (const args of [
    ['backup', 'ana', '--path', place.source],
    ['list', 'ana', '--since', 'now'],
  ]) {
    const quiet = await place.run([...args, '--quiet']);
    t.match(quiet, { code: 0, stderr: '' });
    t.notMatch(quiet.stdout, /Snapshot [0-9a-f]|snapshots? of/);
  }
});

t.test('--at shows the state of that time, and what was there since is not in it', async (t) => {
  const place = await setUp(t);
  const first = await place.json(['backup', 'ana', '--path', place.source]);
  writeFileSync(join(place.source, 'later'), 'later\n');
  mkdirSync(place.join('more'));
  await place.json(['backup', 'ana', '--path', place.source, '--path', place.join('more')]);
  const at = String(first.answer.timestamp);
  const then = await place.json(['ls', 'ana', '--at', at, place.source]);
  t.match(then.answer, { at, folded_from: [first.answer.backup_id] });
  t.same(
    then.answer.entries?.map(({ path }) => path),
    [join(place.source, 'docs'), join(place.source, 'same')],
  );
  const now = await place.json(['ls', 'ana']);
  t.same(
    now.answer.entries?.map(({ path }) => path),
    [place.join('more'), place.source],
  );
  const early = await place.json(['restore', 'ana', '--at', 'yesterday', '--target', place.join('out')]);
  t.match(early, { code: 66, answer: { error: { code: 'UNKNOWN_SNAPSHOT', message: /Nothing was captured yet at/ } } });
});

t.test('a dry run counts and stores nothing, not even a user', async (t) => {
  const place = await setUp(t);
  const unknown = await place.json(['backup', 'ana', '--path', place.source, '--dry-run']);
  t.match(unknown, { code: 66, answer: { error: { code: 'UNKNOWN_USER', message: /Leave out --dry-run/ } } });
  await place.run(['backup', 'ana', '--path', place.source]);
  const dry = await place.json(['backup', 'ana', '--path', place.source, '--dry-run', '--force']);
  t.match(dry, { code: 0, answer: { backup_id: null, dry_run: true, files: { total: 3 } } });
  const list = await place.json(['list', 'ana']);
  t.equal(list.answer.backups?.length, 1);
  const restore = await place.json(['restore', 'ana', '--latest', '--target', place.join('out'), '--dry-run']);
  t.match(restore, { code: 0, answer: { dry_run: true } });
  t.notOk(readdirSync(place.root).includes('out'));
});

t.test('rebuild-index makes the index anew for one user or all', async (t) => {
  const place = await setUp(t);
  await place.run(['backup', 'ana', '--path', place.source]);
  await place.run(['backup', 'bob', '--path', place.source]);
  const all = await place.json(['rebuild-index']);
  t.match(all, { code: 0, answer: { status: 'complete', registry_problems: [] } });
  t.match(all.answer.users, [
    { user_id: 'ana', packs: 1, entries: 1, problems: [] },
    { user_id: 'bob', packs: 1, entries: 1, problems: [] },
  ]);
  const one = await place.run(['rebuild-index', 'bob']);
  t.match(one.stdout, /^bob: 1 pack, \d+ chunks?, 1 log entry\nRebuilt the index of 1 user in /);
  const unknown = await place.json(['rebuild-index', 'bbo']);
  t.match(unknown, { code: 66, answer: { error: { code: 'UNKNOWN_USER', details: { nearest: 'bob' } } } });
});

t.test('a reader that goes away is no error', async (t) => {
  const place = await setUp(t);
  for (let file = 0; file < 3000; file++) writeFileSync(join(place.source, `file-${file}`), '');
  await place.run(['backup', 'ana', '--path', place.source]);
  const words = ['bash', '-o', 'pipefail', '-c', '"$@" | head -n 1; echo "$?"', 'sh'];
  for (const extra of [[], ['--json']]) {
    const { stdout, stderr } = await place.run(['ls', 'ana', place.source, ...extra], { through: words });
    t.match(stdout, /\n0\n$/);
    t.equal(stderr, '');
  }
});

t.test('--help and --version answer on standard output; globals stand anywhere', async (t) => {
  const place = new Place(t);
  const help = await place.bare(['--help']);
  t.equal(help.code, 0);
  for (const command of ['init', 'backup', 'list', 'ls', 'restore', 'rebuild-index'])
    t.match(help.stdout, `  ${command}`);
  const one = await place.bare(['restore', '--help']);
  t.match(one.stdout, /--overwrite <WHEN>[\s\S]*Global Options:[\s\S]*--vault <DIR>[\s\S]*"2 hours ago"/);
  const version = await place.bare(['--version']);
  t.match(version, { code: 0, stdout: /^\d+\.\d+\.\d+\n$/, stderr: '' });
  const init = await place.bare(['init', '--quiet', '--vault', place.vault, '--key-file', place.keyFile]);
  t.equal(init.code, 0);
});
