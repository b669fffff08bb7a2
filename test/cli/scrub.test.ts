import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { Place, unprivileged } from './bin.js';

/** A vault with one snapshot of each of two users. */
async function setUp(t: Test): Promise<Place> {
  const place = new Place(t);
  for (let i = 0; i < 20; i++) writeFileSync(join(place.source, `file ${i}`), `${i} `.repeat(5000));
  await place.run(['init']);
  for (const user of ['ana', 'bob']) await place.run(['backup', user, '--path', place.source]);
  return place;
}

function objects(place: Place, kind: string): string[] {
  return readdirSync(join(place.vault, 'users'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes(`/${kind}`))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
}

t.test('scrub says that nothing is damaged, of one user or all, of a share or everything', async (t) => {
  const place = await setUp(t);
  const all = await place.json(['scrub']);
  t.match(all, { code: 0, stderr: '', answer: { status: 'sound', checked: 'content', share: 100, read_only: false } });
  const { users } = all.answer as { users: { user_id: string; packs: number; problems: unknown[] }[] };
  t.same(
    users.map(({ user_id, packs, problems }) => [user_id, packs, problems]),
    [
      ['ana', 1, []],
      ['bob', 1, []],
    ],
  );
  const one = await place.run(['scrub', 'bob', '--full']);
  t.match(one, { code: 0, stderr: '', stdout: /^bob: 1 pack .*\nChecked everything in .*: nothing is damaged\.\n$/ });
  t.match(await place.run(['scrub', 'bob', '--share', '5%']), { code: 0, stdout: /a share of 5%/ });
  t.match(await place.json(['scrub', 'bbo']), { code: 66, answer: { error: { code: 'UNKNOWN_USER' } } });
  for (const share of ['0%', '101%', 'some', '-5%'])
    t.match(await place.run(['scrub', `--share=${share}`]), { code: 64 });
  t.match(await place.run(['scrub', '--share', '5%', '--full']), { code: 64 });
});

t.test('scrub exits 65 for damage, and the next backup heals it', async (t) => {
  const place = await setUp(t);
  for (const pack of objects(place, 'packs')) flip(pack, 150);
  t.match(await place.run(['restore', 'ana', '--latest', '--target', place.join('lacking')]), {
    code: 65,
    stderr: /could not be restored.*\nbitacora: Back up again: .* `bitacora scrub ana` finds all of it/,
  });
  const found = await place.json(['scrub', 'ana']);
  t.match(found, { code: 65, answer: { status: 'damaged', users: [{ user_id: 'ana', quarantined_chunks: Number }] } });
  const text = await place.run(['scrub', 'ana']);
  t.match(text, {
    code: 65,
    stdout: /1 finding\.\n$/,
    stderr: /frames damaged.*Needed by.*\n.*The next backup stores again/,
  });
  t.match(await place.run(['backup', 'ana', '--path', place.source]), { code: 0 });
  t.match(await place.json(['scrub', 'ana']), { code: 0, answer: { users: [{ superseded_packs: 1 }] } });
  const target = place.join('target');
  const { answer } = await place.json(['list', 'ana']);
  const oldest = (answer.backups as { backup_id: string }[]).at(-1)!.backup_id;
  t.match(await place.run(['restore', 'ana', '--snapshot', oldest, '--target', target, '--verify']), { code: 0 });
});

t.test('damage that a restore meets is not relied on by the next backup, without any scrub between', async (t) => {
  const place = await setUp(t);
  for (const pack of objects(place, 'packs')) flip(pack, 150);
  t.match(await place.run(['restore', 'ana', '--latest', '--target', place.join('lacking')]), { code: 65 });
  t.match(await place.run(['backup', 'ana', '--path', place.source]), { code: 0 });
  t.match(await place.run(['restore', 'ana', '--latest', '--target', place.join('whole'), '--verify']), { code: 0 });
});

t.test('scrub without the master key checks names, and says so', async (t) => {
  const place = await setUp(t);
  renameSync(place.keyFile, place.join('elsewhere'));
  const sound = await place.json(['scrub']);
  t.match(sound, { code: 0, answer: { status: 'sound', checked: 'names' }, stderr: /only names can be checked/ });
  t.equal((sound.answer.users as unknown[]).length, 2);
  const [pack] = objects(place, 'packs');
  const [entry] = objects(place, 'log');
  const [copy] = objects(place, 'keys');
  flip(pack!, 150);
  flip(entry!, 150);
  rmSync(copy!);
  const found = await place.json(['scrub']);
  t.match(found, { code: 65, answer: { status: 'damaged' } });
  const problems = (found.answer.users as { problems: { code: string }[] }[]).flatMap((user) => user.problems);
  t.same(problems.map(({ code }) => code).sort(), ['DATA_CORRUPT', 'DATA_CORRUPT', 'OBJECT_MISSING']);
  t.match(await place.json(['scrub', '--vault', place.join('nothing')]), { code: 66 });
});

t.test('scrub of a vault that cannot be written tells all the same, and notes nothing', async (t) => {
  const place = await setUp(t);
  flip(objects(place, 'packs')[0]!, 150);
  const before = objects(place, 'log');
  chmodSync(join(place.vault, 'lock'), 0o400);
  const through = unprivileged();
  const found = await place.json(['scrub'], { through });
  t.match(found, { code: 65, answer: { status: 'damaged', read_only: true } });
  t.match((await place.run(['scrub'], { through })).stderr, /cannot be written: nothing was noted/);
  t.same(objects(place, 'log'), before);
});

t.test(
  'a damaged log entry costs its snapshot alone: list tells it with exit 65, the others work as ever',
  async (t) => {
    const place = await setUp(t);
    writeFileSync(join(place.source, 'later'), 'later');
    t.match(await place.run(['backup', 'ana', '--path', place.source]), { code: 0 });
    const entries = objects(place, 'log');
    const second = entries.find((path) => /000000000002-/.test(path))!;
    const first = entries.find((path) => path.startsWith(dirname(second)));
    flip(first!, 150);
    rmSync(join(place.vault, 'index'), { recursive: true });
    for (let i = 0; i < 2; i++) {
      const list = await place.json(['list', 'ana']);
      t.match(list, { code: 65, answer: { backups: { length: 1 }, problems: [{ code: 'DATA_CORRUPT' }] } });
    }
    t.match(await place.run(['list', 'ana']), { code: 65, stdout: /1 snapshot of ana/, stderr: /may have been more/ });
    const restore = ['restore', 'ana', '--latest', '--target', place.join('target')];
    t.match(await place.run(restore), { code: 0 });
    t.match(await place.run(['backup', 'ana', '--path', place.source]), { code: 0 });
    t.match(await place.json(['list', 'ana']), { code: 65, answer: { backups: { length: 2 } } });
    t.match(await place.json(['list', 'bob']), { code: 0, answer: { problems: [] } });
  },
);
