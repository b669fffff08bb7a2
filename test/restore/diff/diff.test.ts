import t from 'tap';
import { printable, utf8 } from '../../../src/base/index.js';
import { ENTRY_FLAGS, ENTRY_TYPES } from '../../../src/format/index.js';
import { type Change, diffSnapshots } from '../../../src/restore/index.js';
import { TreeReader } from '../../../src/snapshot/index.js';
import { makePlace } from '../fixture.js';

/** `+ path`, `- path` or `M path what,what` */
export function lineOf({ path, before, after, what }: Change): string {
  const text = printable(path);
  return before ? (after ? `M ${text} ${what.join(',')}` : `- ${text}`) : `+ ${text}`;
}

async function linesOf(changes: AsyncIterable<Change>): Promise<string[]> {
  const lines: string[] = [];
  for await (const change of changes) lines.push(lineOf(change));
  return lines;
}

t.test('diffSnapshots() tells what was added, removed and changed, and in what', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const xattrs = [{ name: utf8('user.a'), value: utf8('1') }];
  const device = (minor: number) =>
    tree.entry('null', ENTRY_TYPES.charDevice, { form: 'device', major: 1, minor }, { mode: 0o666 });
  const before = tree.directory('s', [
    tree.file('bytes', 'one'),
    tree.file('gone', 'x'),
    tree.file('mode', 'x', { mode: 0o600 }),
    tree.file('owner', 'x', { uid: 1 }),
    tree.file('time', 'x', { mtimeNsec: 1 }),
    tree.file('xattr', 'x', { xattrs }),
    tree.file('same', 'x'),
    tree.link('link', 'here'),
    device(3),
    tree.directory('tree', [tree.file('in', 'x')]),
    tree.file('type', 'x'),
    tree.file('unread', 'x'),
  ]);
  const after = tree.directory('s', [
    tree.file('bytes', 'two'),
    tree.file('mode', 'x', { mode: 0o644 }),
    tree.file('owner', 'x', { uid: 2 }),
    tree.file('time', 'x', { mtimeNsec: 2 }),
    tree.file('xattr', 'x'),
    tree.file('same', 'x', { inode: 77n, ctimeSec: 5 }),
    tree.link('link', 'there', { size: 4, mode: 0o755 }),
    device(4),
    tree.file('tree', 'now a file'),
    tree.directory('type', [tree.file('new', 'x')]),
    tree.entry('unread', ENTRY_TYPES.file, { form: 'none' }, { size: 1, flags: ENTRY_FLAGS.unread }),
    tree.directory('zoo', [tree.directory('empty', []), tree.file('new', 'y')]),
  ]);
  await tree.store();
  const { changes } = diffSnapshots(place.repository.trees, [place.scope('/s', before)], [place.scope('/s', after)]);
  test.same(await linesOf(changes), [
    'M s/bytes content',
    '- s/gone',
    'M s/link target',
    'M s/mode mode',
    'M s/null device',
    'M s/owner owner',
    'M s/time times',
    'M s/tree type',
    '- s/tree/in',
    'M s/type type',
    '+ s/type/new',
    'M s/unread unread',
    'M s/xattr xattrs',
    '+ s/zoo',
    '+ s/zoo/empty',
    '+ s/zoo/new',
  ]);
});

t.test('diffSnapshots() does not read directories that are the same', async (test) => {
  const place = await makePlace(test);
  const { tree, repository } = place;
  const same = tree.directory('same', [tree.directory('deep', [tree.file('x', '1')])]);
  const states = ['a', 'b'].map((text) => [place.scope('/s', tree.directory('s', [same, tree.file('f', text)]))]);
  await tree.store();
  let reads = 0;
  const counting = new TreeReader({
    read: (...given) => {
      reads++;
      return repository.chunks.read(...given);
    },
    readNow: () => undefined,
  });
  test.same(await linesOf(diffSnapshots(counting, states[0]!, states[1]!).changes), ['M s/f content']);
  test.equal(reads, 2, 'only the two roots');
  reads = 0;
  test.same(await linesOf(diffSnapshots(counting, states[0]!, states[0]!).changes), []);
  test.equal(reads, 0);
});

t.test('scopes that only one side captured are named, not called removed', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const root = tree.directory('s', [tree.file('f', 'x')]);
  await tree.store();
  const [a, b, c] = ['/a', '/b', '/c'].map((path) => place.scope(path, root));
  const { onlyBefore, onlyAfter, changes } = diffSnapshots(place.repository.trees, [a!, b!], [b!, c!]);
  test.same([onlyBefore, onlyAfter, await linesOf(changes)], [['path:/a'], ['path:/c'], []]);
});

t.test(
  'a scope inside another is compared in its place, also where the directories around it are the same',
  async (test) => {
    const place = await makePlace(test);
    const { tree } = place;
    const outer = tree.directory('s', [tree.directory('in', [tree.file('f', 'outer')])]);
    const inner = ['old', 'new'].map((text) => tree.directory('x', [tree.file('f', text)]));
    await tree.store();
    const [before, after] = inner.map((entry) => [place.scope('/s', outer), place.scope('/s/in', entry)]);
    const { changes } = diffSnapshots(place.repository.trees, before!, after!);
    test.same(await linesOf(changes), ['M s/in/f content']);
  },
);

t.test('a scope inside another at a path that is not UTF-8 is compared in its place', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const name = Uint8Array.of(0xff);
  const other = tree.directory(Uint8Array.of(0xfe), [tree.file('f', 'not it')]);
  const outer = tree.directory('s', [tree.directory(name, [tree.file('f', 'outer')]), other]);
  const inner = ['old', 'new'].map((text) => tree.directory('x', [tree.file('f', text)]));
  await tree.store();
  const path = Buffer.concat([utf8('/s/'), name]);
  const [before, after] = inner.map((entry) => [place.scope('/s', outer), { scope: 'path:odd', path, entry }]);
  const { changes } = diffSnapshots(place.repository.trees, before!, after!);
  test.same(await linesOf(changes), ['M s/\\xff/f content']);
});

t.test('a big directory is compared name by name, and what is told can be cut short', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const names = Array.from({ length: 3000 }, (_, i) => `f${String(i).padStart(4, '0')}`);
  const state = (missing: number, text: string) => {
    const kept = names.filter((_, i) => i !== missing).map((name) => tree.file(name, name === 'f1500' ? text : ''));
    return [place.scope('/s', tree.directory('s', kept))];
  };
  const [before, after] = [state(10, 'a'), state(2990, 'b')];
  await tree.store();
  const { changes } = diffSnapshots(place.repository.trees, before!, after!);
  test.same(await linesOf(changes), ['+ s/f0010', 'M s/f1500 content', '- s/f2990']);
  const first = await diffSnapshots(place.repository.trees, before!, after!).changes[Symbol.asyncIterator]().next();
  test.equal(first.done, false);
  const stop = new AbortController();
  stop.abort();
  const stopped = diffSnapshots(place.repository.trees, before!, after!, stop.signal);
  await test.rejects(linesOf(stopped.changes), { code: 'CANCELLED' });
});
