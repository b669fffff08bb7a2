import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ERROR_CODES, type ErrorCode } from '../../src/base/index.js';
import { type Call, Place, unprivileged } from './bin.js';

/** A vault with one snapshot of the user "ana". */
async function setUp(t: Test): Promise<Place> {
  const place = new Place(t);
  writeFileSync(join(place.source, 'file'), 'content\n');
  await place.run(['init']);
  const { code } = await place.run(['backup', 'ana', '--path', place.source]);
  t.equal(code, 0, 'the vault is set up');
  return place;
}

const toldAsText = new Set<ErrorCode>();

/** Has the code's exit code, and a message that says what to do next: as JSON, and once for each code as text. */
async function refused(t: Test, place: Place, args: readonly string[], code: ErrorCode, next: RegExp, call?: Call) {
  const { exit } = ERROR_CODES[code];
  const json = await place.json(args, call);
  t.match(json, { code: exit, answer: { error: { code, message: next } }, stderr: '' }, `${code} as JSON`);
  t.same(Object.keys(json.answer), ['error']);
  if (toldAsText.has(code)) return;
  toldAsText.add(code);
  const text = await place.run(args, call);
  t.match(text, { code: exit, stdout: '', stderr: /^bitacora: .*\n$/ }, `${code} as text`);
  t.match(text.stderr, next);
  t.notMatch(text.stderr, /^ +at |\.js:\d/m, 'no stack trace');
}

t.test('a wrong key, a missing one, one that others can read, one in the vault, one that is no key', async (t) => {
  const place = await setUp(t);
  const other = new Place(t);
  await other.run(['init']);
  await refused(t, place, ['list', 'ana', '--key-file', other.keyFile], 'KEY_WRONG', /--key-file/);
  await refused(
    t,
    place,
    ['list', 'ana', '--key-file', place.join('gone')],
    'KEY_MISSING',
    /Copy it there.*--key-file/,
  );
  chmodSync(place.keyFile, 0o640);
  await refused(t, place, ['list', 'ana'], 'KEY_UNSAFE', /chmod 600/);
  chmodSync(place.keyFile, 0o600);
  const inside = join(place.vault, 'tmp-key');
  copyFileSync(place.keyFile, inside);
  chmodSync(inside, 0o600);
  await refused(t, place, ['list', 'ana', '--key-file', inside], 'KEY_UNSAFE', /vault/);
  symlinkSync(inside, place.join('link'));
  await refused(t, place, ['list', 'ana', '--key-file', place.join('link')], 'KEY_UNSAFE', /vault/);
  writeFileSync(place.join('text'), 'no key\n', { mode: 0o600 });
  await refused(t, place, ['list', 'ana', '--key-file', place.join('text')], 'KEY_MALFORMED', /copy/);
  const { code } = await place.run(['list', 'ana']);
  t.equal(code, 0, 'the right key still opens it');
});

t.test('a newer format, not a vault, a vault that is there already', async (t) => {
  const place = await setUp(t);
  await refused(t, place, ['init'], 'VAULT_EXISTS', /--vault/);
  await refused(t, place, ['list', 'ana', '--vault', place.source], 'NOT_A_VAULT', /bitacora init/);
  t.same(readdirSync(place.source), ['file'], 'what is no vault stays as it is');
  await refused(t, place, ['list', 'ana', '--vault', place.join('gone')], 'NOT_A_VAULT', /bitacora init/);
  const file = join(place.vault, 'vault.json');
  const text = readFileSync(file, 'utf8');
  chmodSync(file, 0o600);
  writeFileSync(file, text.replace(/"format":\s*0/, '"format": 7'));
  t.not(readFileSync(file, 'utf8'), text);
  await refused(t, place, ['list', 'ana'], 'FORMAT_NEWER', /[Uu]pgrade/);
});

t.test('sources that are missing, unreadable, none, or hold the vault', async (t) => {
  const place = await setUp(t);
  await refused(t, place, ['backup', 'new'], 'NO_SOURCE', /--path DIR/);
  await refused(t, place, ['backup', 'new', '--path', place.join('gone')], 'SOURCE_MISSING', /does not exist/);
  await refused(
    t,
    place,
    ['backup', 'new', '--path', place.root],
    'VAULT_IN_SOURCE',
    /[Mm]ove the vault|another source/,
  );
  await refused(
    t,
    place,
    ['backup', 'new', '--path', place.vault],
    'VAULT_IN_SOURCE',
    /[Mm]ove the vault|another source/,
  );
  symlinkSync(place.root, place.join('around'));
  await refused(t, place, ['backup', 'new', '--path', place.join('around')], 'VAULT_IN_SOURCE', /another source/);
  const locked = place.join('locked');
  mkdirSync(join(locked, 'in'), { recursive: true });
  chmodSync(locked, 0);
  const call = { through: unprivileged() };
  await refused(t, place, ['backup', 'new', '--path', join(locked, 'in')], 'SOURCE_UNREADABLE', /EACCES/, call);
  await refused(t, place, ['list', 'new'], 'UNKNOWN_USER', /Did you mean|It has ana/);
  chmodSync(locked, 0o700);
});

t.test('a source whose files cannot all be read gives a partial snapshot and exit code 3', async (t) => {
  const place = await setUp(t);
  writeFileSync(join(place.source, 'secret'), 'secret', { mode: 0 });
  mkdirSync(join(place.source, 'closed'), { mode: 0 });
  const call = { through: unprivileged() };
  const json = await place.json(['backup', 'ana', '--path', place.source], call);
  t.match(json, { code: 3, answer: { status: 'partial', failure_count: 2 }, stderr: '' });
  t.match(json.answer.failures, [
    { path: join(place.source, 'closed'), code: 'EACCES', message: /EACCES/ },
    { path: join(place.source, 'secret'), code: 'EACCES', message: /EACCES/ },
  ]);
  const text = await place.run(['backup', 'ana', '--path', place.source], call);
  t.equal(text.code, 3);
  t.match(text.stdout, /: partial in /);
  t.match(text.stderr, /bitacora: .*source\/secret".*EACCES[\s\S]*2 items could not be read; the rest is safe\./);
  const list = await place.json(['list', 'ana']);
  t.match(list.answer.backups?.[0], { status: 'partial', failure_count: 2 });
  chmodSync(join(place.source, 'closed'), 0o700);
});

t.test('targets that are not empty, lie in the vault, are no directory, or have no parent', async (t) => {
  const place = await setUp(t);
  const into = (target: string): string[] => ['restore', 'ana', '--latest', '--target', target];
  await refused(t, place, into(place.source), 'TARGET_NOT_EMPTY', /--overwrite never, changed or always/);
  await refused(t, place, into(join(place.vault, 'x')), 'TARGET_IN_VAULT', /outside|another/);
  await refused(t, place, into(join(place.source, 'file')), 'TARGET_UNSAFE', /directory/);
  symlinkSync(place.join('elsewhere'), place.join('link'));
  mkdirSync(place.join('elsewhere'));
  await refused(t, place, into(place.join('link')), 'TARGET_UNSAFE', /link/);
  await refused(t, place, ['restore', 'ana', '--latest'], 'USAGE', /--target DIR/);
  t.same(readdirSync(place.join('elsewhere')), []);
});

t.test('a vault and a target that may not be used', async (t) => {
  const place = await setUp(t);
  const call = { through: unprivileged() };
  const locked = place.join('locked');
  mkdirSync(join(locked, 'in'), { recursive: true });
  chmodSync(locked, 0);
  const into = ['restore', 'ana', '--latest', '--target', join(locked, 'in')];
  await refused(t, place, into, 'TARGET_UNREADABLE', /EACCES/, call);
  chmodSync(locked, 0o700);
  chmodSync(place.vault, 0);
  await refused(t, place, ['list', 'ana'], 'VAULT_UNREADABLE', /EACCES/, call);
  chmodSync(place.vault, 0o700);
});

t.test('users, snapshots and paths that are not there, with what is near', async (t) => {
  const place = await setUp(t);
  await refused(t, place, ['list', 'anna'], 'UNKNOWN_USER', /Did you mean "ana"\?/);
  await refused(t, place, ['restore', 'zoe', '--latest', '--target', place.join('o')], 'UNKNOWN_USER', /It has ana\./);
  await refused(t, place, ['ls', 'zoe'], 'UNKNOWN_USER', /It has ana\./);
  await refused(t, place, ['list', '../etc'], 'BAD_NAME', /letter or digit/);
  await refused(t, place, ['ls', 'ana', '--snapshot', '01234567'], 'UNKNOWN_SNAPSHOT', /bitacora list/);
  await refused(t, place, ['ls', 'ana', '--snapshot', '0123'], 'USAGE', /8 hexadecimal digits/);
  await refused(t, place, ['ls', 'ana', '/nowhere'], 'UNKNOWN_PATH', /full paths/);
  await refused(t, place, ['ls', 'ana', '--at', '2001-01-01'], 'UNKNOWN_SNAPSHOT', /first snapshot is of/);
  const users = await place.json(['rebuild-index']);
  t.equal((users.answer.users as unknown[]).length, 1, 'none was made on the way');
});

t.test('calls that are wrong', async (t) => {
  const place = await setUp(t);
  const help = /bitacora --help/;
  for (const [args, next] of [
    [[], help],
    [['bakcup', 'ana'], /backup/],
    [['backup'], /user/i],
    [['backup', 'ana', '--pth', 'x'], /--path/],
    [['backup', 'ana', '--durability', 'most'], /--durability/],
    [['backup', 'ana', '--path', ''], /--path.*empty path/],
    [['restore', 'ana', '--latest', '--target', ''], /--target.*empty path/],
    [['list', 'ana', '--vault', ''], /--vault.*empty path/],
    [['list', 'ana', '--key-file', ''], /--key-file.*empty path/],
    [['backup', 'ana', '--path', place.source, '--kind', 'periodic'], /manual, critical/],
    [['backup', 'ana', '--path', place.source, '--level', '20'], /1 to 19/],
    [['backup', 'ana', '--path', place.source, '--codec', 'lz4', '--level', '0'], /--level of lz4/],
    [['backup', 'ana', '--path', place.source, '--threads', '-1'], /--threads/],
    [['backup', 'ana', '--path', place.source, '--max-file-size', 'big'], /500M/],
    [['list', 'ana', '--since', '1/2/2025'], /2 hours ago/],
    [['ls', 'ana', '--latest', '--at', 'now'], /Only one/],
    [['restore', 'ana', '--target', 'x'], /--latest.*--session ID/],
    [['restore', 'ana', '--latest', '--target', 'x', '--overwrite', 'maybe'], /never, changed, always/],
    [['list', 'ana', 'more'], /arguments/],
  ] as const) {
    await t.test(args.join(' ') || 'nothing', (t) => refused(t, place, args, 'USAGE', next));
  }
});

t.test('an object that was damaged or taken away', async (t) => {
  const place = await setUp(t);
  const users = join(place.vault, 'users');
  const [pack] = readdirSync(users, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /packs\/.*[0-9a-f]{64}$/.test(name),
  );
  const file = join(users, pack!);
  const bytes = readFileSync(file);
  cpSync(file, place.join('saved'));
  chmodSync(file, 0o600);
  for (let at = 100; at < bytes.length - 2000; at++) bytes[at]! ^= 0x55;
  writeFileSync(file, bytes);
  const damaged = await place.json(['restore', 'ana', '--latest', '--target', place.join('out')]);
  t.equal(damaged.code, 65);
  t.match(JSON.stringify(damaged.answer), /DATA_CORRUPT/);
  t.match(JSON.stringify(damaged.answer), pack!.slice(-64), 'the object is named');
  rmSync(file);
  const missing = await place.json(['restore', 'ana', '--latest', '--target', place.join('out2')]);
  t.equal(missing.code, 65);
  t.match(JSON.stringify(missing.answer), /OBJECT_MISSING/);
  const rebuilt = await place.json(['rebuild-index']);
  t.match(rebuilt, { code: 65, answer: { status: 'damaged' } });
  cpSync(place.join('saved'), file);
  await place.run(['rebuild-index']);
  const restored = await place.json(['restore', 'ana', '--latest', '--target', place.join('out3')]);
  t.match(restored, { code: 0, answer: { status: 'complete' } }, 'a copy put back heals it');
});
