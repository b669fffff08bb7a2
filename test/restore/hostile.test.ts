import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { concatBytes, utf8 } from '../../src/base/index.js';
import {
  CHUNK_KINDS,
  ENTRY_FLAGS,
  ENTRY_TYPES,
  encodeEntry,
  encodeInner,
  encodeLeaf,
  encodeListInner,
  encodeListLeaf,
  type TreeEntry,
} from '../../src/format/index.js';
import type { RestoreOptions } from '../../src/restore/index.js';
import type { TreeMaker } from '../helpers/make-tree.js';
import { failed, look, makePlace, type Place } from './fixture.js';

const SECRET = 'outside, untouched';

/** A directory beside the target that nothing may change, however the vault's content tries. */
async function guarded(test: Test): Promise<Place & { readonly outside: string; check(): void }> {
  const place = await makePlace(test);
  const outside = join(place.root, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), SECRET, { mode: 0o600 });
  const before = JSON.stringify(lstatSync(join(outside, 'secret'), { bigint: true }), big);
  return {
    ...place,
    outside,
    check() {
      test.same(readdirSync(outside), ['secret'], 'nothing came or went outside');
      test.equal(readFileSync(join(outside, 'secret'), 'utf8'), SECRET);
      test.equal(
        JSON.stringify(lstatSync(join(outside, 'secret'), { bigint: true }), big),
        before,
        'not even its times',
      );
      test.same(readdirSync(place.root).sort(), ['key', 'outside', 'target', 'vault'], 'nothing beside the target');
    },
  };
}

const big = (key: string, value: unknown): unknown =>
  key.startsWith('atime') ? 0 : typeof value === 'bigint' ? String(value) : value;

const names: readonly (readonly [string, Uint8Array])[] = [
  ['..', utf8('..')],
  ['.', utf8('.')],
  ['../x', utf8('../x')],
  ['../outside/secret', utf8('../outside/secret')],
  ['/etc/x', utf8('/etc/x')],
  ['a/b', utf8('a/b')],
  ['a/../../x', utf8('a/../../x')],
  ['x/', utf8('x/')],
  ['NUL inside', Uint8Array.of(0x61, 0, 0x62)],
  ['NUL alone', Uint8Array.of(0)],
];

for (const [title, name] of names) {
  t.test(`a file called ${title} is refused, its neighbours are restored`, async (test) => {
    const place = await guarded(test);
    const report = await place.restore([place.tree.file(name, 'evil'), place.tree.file('zz', 'good')]);
    test.same(look(place.target), ['zz = good']);
    test.equal(report.failures.items[0]?.code, 'DATA_CORRUPT');
    test.equal(report.corrupt, true);
    place.check();
  });

  t.test(`a directory called ${title} is refused with all below it`, async (test) => {
    const place = await guarded(test);
    const evil = place.tree.directory(name, [place.tree.file('secret', 'evil')]);
    const report = await place.restore([evil, place.tree.file('zz', 'good')]);
    test.same(look(place.target), ['zz = good']);
    test.equal(report.corrupt, true);
    place.check();
  });
}

interface Case {
  readonly title: string;
  make(tree: TreeMaker, place: Place & { readonly outside: string }): TreeEntry | readonly TreeEntry[];
  readonly code: string;
  readonly left: readonly string[];
  readonly options?: Partial<RestoreOptions>;
}

/** A directory whose one leaf has these bytes. */
function rawDirectory(tree: TreeMaker, leaf: Uint8Array): TreeEntry {
  return tree.directoryOf('s', tree.chunk(CHUNK_KINDS.node, leaf));
}

const cases: readonly Case[] = [
  {
    title: 'an empty name',
    make: (tree) => [tree.file('', 'evil')],
    code: 'DATA_CORRUPT',
    left: [],
  },
  {
    title: 'the same name twice, first a link and then a directory',
    make: (tree) => {
      const entries = [tree.link('d', '../outside'), tree.directory('d', [tree.file('secret', 'evil')])];
      return tree.directoryOf('s', tree.leaf(entries));
    },
    code: 'DATA_CORRUPT',
    left: ['d -> ../outside'],
  },
  {
    title: 'the same name twice in two leaves',
    make: (tree) => {
      const first = tree.leaf([tree.link('d', '../outside')]);
      const second = tree.leaf([tree.directory('d', [tree.file('secret', 'evil')])]);
      const children = [
        { firstName: utf8('d'), id: first },
        { firstName: utf8('e'), id: second },
      ];
      return tree.directoryOf('s', tree.chunk(CHUNK_KINDS.node, encodeInner(1, children)));
    },
    code: 'DATA_CORRUPT',
    left: ['d -> ../outside'],
  },
  {
    title: 'a leaf that reaches back before its own first name',
    make: (tree) => {
      const first = tree.leaf([tree.file('a', '1'), tree.link('m', '../outside')]);
      const second = tree.leaf([tree.directory('b', [tree.file('secret', 'evil')])]);
      const children = [
        { firstName: utf8('a'), id: first },
        { firstName: utf8('b'), id: second },
      ];
      return tree.directoryOf('s', tree.chunk(CHUNK_KINDS.node, encodeInner(1, children)));
    },
    code: 'DATA_CORRUPT',
    left: ['a = 1', 'm -> ../outside'],
  },
  {
    title: 'names that fall',
    make: (tree) => tree.directoryOf('s', tree.leaf([tree.file('b', '1'), tree.file('a', '2')])),
    code: 'DATA_CORRUPT',
    left: ['b = 1'],
  },
  {
    title: 'a node whose levels do not fall',
    make: (tree) => {
      const leaf = tree.leaf([tree.file('a', '1')]);
      const inner = tree.chunk(CHUNK_KINDS.node, encodeInner(1, [{ firstName: utf8('a'), id: leaf }]));
      const outer = encodeInner(1, [{ firstName: utf8('a'), id: inner }]);
      return tree.directoryOf('s', tree.chunk(CHUNK_KINDS.node, outer));
    },
    code: 'DATA_CORRUPT',
    left: [],
  },
  {
    title: 'a directory that is in no pack',
    make: (tree) => [tree.directoryOf('d', new Uint8Array(32).fill(7)), tree.file('z', 'good')],
    code: 'OBJECT_MISSING',
    left: ['d/', 'z = good'],
  },
  {
    title: 'a file whose chunk is in no pack',
    make: (tree) => [
      tree.entry('a', ENTRY_TYPES.file, { form: 'chunk', id: new Uint8Array(32).fill(9) }, { size: 3 }),
      tree.file('z', 'good'),
    ],
    code: 'OBJECT_MISSING',
    left: ['z = good'],
  },
  {
    title: 'a file whose chunk is a directory node',
    make: (tree) => {
      const id = tree.leaf([tree.file('x', '1')]);
      return [tree.entry('a', ENTRY_TYPES.file, { form: 'chunk', id }, { size: 3 }), tree.file('z', 'good')];
    },
    code: 'DATA_CORRUPT',
    left: ['z = good'],
  },
  {
    title: 'a directory whose node is file data',
    make: (tree) => {
      const bytes = encodeLeaf([], encodeEntry(tree.file('evil', 'evil')), 1);
      return [tree.directoryOf('d', tree.chunk(CHUNK_KINDS.data, bytes)), tree.file('z', 'good')];
    },
    code: 'DATA_CORRUPT',
    left: ['d/', 'z = good'],
  },
  {
    title: 'a file that claims fewer bytes than its chunk has',
    make: (tree) => [tree.file('a', 'too long', { size: 3 }), tree.file('z', 'good')],
    code: 'DATA_CORRUPT',
    left: ['z = good'],
  },
  {
    title: 'a file that claims more bytes than its chunk has',
    make: (tree) => [tree.file('a', 'short', { size: 2 ** 40 }), tree.file('z', 'good')],
    code: 'DATA_CORRUPT',
    left: ['z = good'],
  },
  {
    title: 'a chunk list that does not add up',
    make: (tree) => {
      const id = tree.chunk(CHUNK_KINDS.data, utf8('0123456789'));
      const list = tree.chunk(CHUNK_KINDS.list, encodeListLeaf([{ length: 10, id }]));
      return [tree.entry('a', ENTRY_TYPES.file, { form: 'list', id: list }, { size: 99 }), tree.file('z', 'good')];
    },
    code: 'DATA_CORRUPT',
    left: ['z = good'],
  },
  {
    title: 'a chunk list whose part claims another length',
    make: (tree) => {
      const id = tree.chunk(CHUNK_KINDS.data, utf8('0123456789'));
      const leaf = tree.chunk(CHUNK_KINDS.list, encodeListLeaf([{ length: 10, id }]));
      const list = tree.chunk(CHUNK_KINDS.list, encodeListInner(1, [{ length: 11, id: leaf }]));
      return [tree.entry('a', ENTRY_TYPES.file, { form: 'list', id: list }, { size: 11 }), tree.file('z', 'good')];
    },
    code: 'DATA_CORRUPT',
    left: ['z = good'],
  },
  {
    title: 'a list that is a directory node',
    make: (tree) => {
      const list = tree.leaf([tree.file('x', '1')]);
      return [tree.entry('a', ENTRY_TYPES.file, { form: 'list', id: list }, { size: 5 }), tree.file('z', 'good')];
    },
    code: 'DATA_CORRUPT',
    left: ['z = good'],
  },
  {
    title: 'a file with bytes and no content',
    make: (tree) => [tree.entry('a', ENTRY_TYPES.file, { form: 'none' }, { size: 5 }), tree.file('z', 'good')],
    code: 'DATA_CORRUPT',
    left: ['z = good'],
  },
  {
    title: 'an entry type that does not exist',
    make: (tree) => {
      const good = encodeEntry(tree.file('a', '1'));
      const bad = encodeEntry(tree.file('b', '2'));
      // Behind the length, the name's length and the name.
      bad[3] = 77;
      return rawDirectory(tree, encodeLeaf([], concatBytes([good, bad]), 2));
    },
    code: 'FORMAT_NEWER',
    left: ['a = 1'],
  },
  {
    title: 'a leaf that claims a billion entries',
    make: (tree) => rawDirectory(tree, Uint8Array.of(1, 0, 0x80, 0x94, 0xeb, 0xdc, 0x03)),
    code: 'DATA_CORRUPT',
    left: [],
  },
  {
    title: 'a link target with a NUL in it',
    make: (tree) => [tree.link('a', Uint8Array.of(0x2f, 0, 0x61)), tree.file('z', 'good')],
    code: 'EINVAL',
    left: ['z = good'],
  },
  {
    title: 'a name longer than any file system takes',
    make: (tree) => [tree.file('n'.repeat(300), 'x'), tree.file('z', 'good')],
    code: 'ENAMETOOLONG',
    left: ['z = good'],
  },
  {
    title: 'a hard link whose first name was refused',
    make: (tree) => {
      const shared = { flags: ENTRY_FLAGS.linkGroup, device: 1n, inode: 5n };
      return [tree.file('a', 'too long', { ...shared, size: 2 }), tree.file('b', 'too long', { ...shared, size: 2 })];
    },
    code: 'DATA_CORRUPT',
    left: [],
  },
];

for (const { title, make, code, left, options } of cases) {
  t.test(`${title} costs that item only`, async (test) => {
    const place = await guarded(test);
    const report = await place.restore(make(place.tree, place), options);
    test.same(look(place.target), left);
    test.ok(
      failed(report).some((line) => line.startsWith(code)),
      JSON.stringify(report.failures.items),
    );
    place.check();
  });
}

t.test('a link out of the target is restored as a link and never written through', async (test) => {
  const place = await guarded(test);
  const entries = [place.tree.link('d', '../outside'), place.tree.link('f', '../outside/secret', { mode: 0o777 })];
  const report = await place.restore(entries);
  test.same(failed(report), []);
  test.same(look(place.target), ['d -> ../outside', 'f -> ../outside/secret']);
  place.check();
});

t.test('an existing link in the place of a directory is refused, for that directory only', async (test) => {
  const place = await guarded(test);
  symlinkSync('../outside', join(place.target, 'd'));
  const entries = [place.tree.directory('d', [place.tree.file('secret', 'evil')]), place.tree.file('z', 'good')];
  const report = await place.restore(entries, { overwrite: 'always', delete: true });
  test.same(failed(report), ['TARGET_UNSAFE d']);
  test.same(look(place.target), ['d -> ../outside', 'z = good']);
  place.check();
});

t.test('an existing link in the place of a file is replaced, not followed', async (test) => {
  const place = await guarded(test);
  symlinkSync('../outside/secret', join(place.target, 'f'));
  const report = await place.restore([place.tree.file('f', 'mine')], { overwrite: 'always' });
  test.same(failed(report), []);
  test.same(look(place.target), ['f = mine']);
  place.check();
});

t.test('an existing link above a scope is refused', async (test) => {
  const place = await guarded(test);
  symlinkSync('../outside', join(place.target, 'srv'));
  const entry = place.tree.directory('ana', [place.tree.file('secret', 'evil')]);
  await place.tree.store();
  const report = await place.run([place.scope('/srv/ana', entry)], { overwrite: 'always' });
  test.same(failed(report), ['TARGET_UNSAFE srv/ana']);
  place.check();
});

t.test('an existing hard link to a file outside is left to that file', async (test) => {
  const place = await guarded(test);
  const { linkSync } = await import('node:fs');
  linkSync(join(place.outside, 'secret'), join(place.target, 'f'));
  const stat = lstatSync(join(place.outside, 'secret'), { bigint: true });
  const entry = place.tree.file('f', 'outside, untouchee', {
    mode: 0o666,
    mtimeSec: Number(stat.mtimeNs / 1_000_000_000n),
    mtimeNsec: Number(stat.mtimeNs % 1_000_000_000n),
  });
  const report = await place.restore([entry], { overwrite: 'changed' });
  test.same(failed(report), []);
  test.equal(readFileSync(join(place.target, 'f'), 'utf8'), 'outside, untouchee');
  test.equal(readFileSync(join(place.outside, 'secret'), 'utf8'), SECRET);
  test.equal(lstatSync(join(place.outside, 'secret')).mode & 0o777, 0o600);
});

t.test('a directory swapped for a link while it is restored is never followed', async (test) => {
  const place = await guarded(test);
  const { engine, target, outside, tree } = place;
  mkdirSync(join(target, 'd'));
  let swaps = 0;
  const lanes = engine.lanes.map((lane) => ({
    ...lane,
    call: (type: string, payload: unknown) => {
      if (type === 'open.range' && swaps++ === 0) {
        renameSync(join(target, 'd'), join(target, 'aside'));
        symlinkSync(outside, join(target, 'd'));
      }
      return lane.call(type, payload);
    },
  }));
  const entry = tree.directory('s', [tree.directory('d', [tree.file('secret', 'evil')]), tree.file('z', 'good')]);
  await tree.store();
  const { repository, vaultPath, backend } = place;
  const { chunks, openSecrets: secrets } = repository;
  const source = { chunks, backend, secrets, vaultPath, engine: { ...engine, lanes } };
  await place.run([place.scope('/s', entry)], { source, flatten: true, overwrite: 'always' });
  test.equal(swaps > 0, true);
  test.ok(look(target).includes('z = good'));
  place.check();
});

t.test('a scope whose path is not a path is refused', async (test) => {
  const place = await guarded(test);
  const entry = place.tree.directory('x', [place.tree.file('secret', 'evil')]);
  await place.tree.store();
  for (const path of ['/../outside', '/a/./b', 'outside', '/a/\0/b']) {
    await test.rejects(place.run([place.scope(path, entry)]), { code: 'DATA_CORRUPT' }, JSON.stringify(path));
  }
  place.check();
});
