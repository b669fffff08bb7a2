import { concatBytes, utf8 } from '../../src/base/index.js';
import {
  CHUNK_KINDS,
  ENTRY_FLAGS,
  encodeEntry,
  encodeInner,
  encodeLeaf,
  type InnerChild,
  type TreeEntry,
} from '../../src/format/index.js';
import type { HostileCase, HostileMaker } from './hostile-case.js';

function node(maker: HostileMaker, bytes: Uint8Array): Uint8Array {
  return maker.chunk(CHUNK_KINDS.node, bytes);
}

function inner(maker: HostileMaker, level: number, children: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const list: InnerChild[] = children.map(([name, id]) => ({ firstName: utf8(name), id }));
  return node(maker, encodeInner(level, list));
}

/** A scope `/s` whose root directory is this node. */
function rooted(maker: HostileMaker, id: Uint8Array): { scopes: { path: string; entry: TreeEntry }[] } {
  return { scopes: [{ path: '/s', entry: maker.directoryOf('s', id) }] };
}

const evil = (maker: HostileMaker): TreeEntry => maker.directory('d', [maker.file('secret', 'evil')]);

const shared = { flags: ENTRY_FLAGS.linkGroup, device: 1n, inode: 5n };

export const TREE_CASES: readonly HostileCase[] = [
  {
    title: 'one name twice, first a link and then a directory',
    make: (maker) => rooted(maker, maker.leaf([maker.link('d', '../outside'), evil(maker)])),
    codes: ['DATA_CORRUPT'],
    left: ['d -> ../outside'],
  },
  {
    title: 'one name twice, first a directory and then a link',
    make: (maker) => rooted(maker, maker.leaf([evil(maker), maker.link('d', '../outside')])),
    codes: ['DATA_CORRUPT'],
    left: ['d/', 'd/secret = evil'],
  },
  {
    title: 'one name in two leaves',
    make: (maker) => {
      const leaves = [maker.leaf([maker.link('d', '../outside')]), maker.leaf([evil(maker)])] as const;
      return rooted(
        maker,
        inner(maker, 1, [
          ['d', leaves[0]],
          ['e', leaves[1]],
        ]),
      );
    },
    codes: ['DATA_CORRUPT'],
    left: ['d -> ../outside'],
  },
  {
    title: 'names that fall',
    make: (maker) => rooted(maker, maker.leaf([maker.file('b', '1'), maker.file('a', '2')])),
    codes: ['DATA_CORRUPT'],
    left: ['b = 1'],
  },
  {
    title: 'a directory that is its own leaf a thousand times',
    make: (maker) => {
      const leaf = maker.leaf([maker.file('a', '1')]);
      const names = Array.from({ length: 1000 }, (_, i) => [`a${String(i).padStart(4, '0')}`, leaf] as const);
      return rooted(maker, inner(maker, 1, [['a', leaf], ...names.slice(1)]));
    },
    codes: ['DATA_CORRUPT'],
  },
  {
    title: 'inner nodes of 255 levels',
    make: (maker) => {
      let id = maker.leaf([maker.file('a', '1')]);
      for (let level = 1; level <= 255; level++) id = inner(maker, level, [['a', id]]);
      return rooted(maker, id);
    },
    left: ['a = 1'],
  },
  {
    title: 'inner nodes of 255 levels, each with three hundred times the same child',
    make: (maker) => {
      let id = maker.leaf([maker.file('a', '1')]);
      for (let level = 1; level <= 255; level++) {
        const names = Array.from({ length: 300 }, (_, i) => [`b${String(i).padStart(4, '0')}`, id] as const);
        id = inner(maker, level, [['a', id], ...names]);
      }
      return rooted(maker, id);
    },
    codes: ['DATA_CORRUPT'],
  },
  {
    title: 'a node whose levels do not fall',
    make: (maker) => {
      const leaf = maker.leaf([maker.file('a', '1')]);
      return rooted(maker, inner(maker, 1, [['a', inner(maker, 1, [['a', leaf]])]]));
    },
    codes: ['DATA_CORRUPT'],
    left: [],
  },
  {
    title: 'a node below a node of level 9',
    make: (maker) => rooted(maker, inner(maker, 9, [['a', maker.leaf([maker.file('a', '1')])]])),
    codes: ['DATA_CORRUPT'],
    left: [],
  },
  {
    title: 'a leaf that claims a billion entries',
    make: (maker) => rooted(maker, node(maker, Uint8Array.of(1, 0, 0x80, 0x94, 0xeb, 0xdc, 0x03))),
    codes: ['DATA_CORRUPT'],
    left: [],
  },
  {
    title: 'a leaf that claims a billion owners',
    make: (maker) => rooted(maker, node(maker, Uint8Array.of(1, 0x80, 0x94, 0xeb, 0xdc, 0x03, 0))),
    codes: ['DATA_CORRUPT'],
    left: [],
  },
  {
    title: 'a node of no known tag',
    make: (maker) => rooted(maker, node(maker, Uint8Array.of(9, 0, 0))),
    codes: ['DATA_CORRUPT'],
    left: [],
  },
  {
    title: 'an entry whose length reaches into its neighbour',
    make: (maker) => {
      const [a, b] = [encodeEntry(maker.file('a', '1')), encodeEntry(maker.file('b', '2'))];
      a[0]! += 20;
      return rooted(maker, node(maker, encodeLeaf([], concatBytes([a, b]), 2)));
    },
    codes: ['DATA_CORRUPT'],
    left: [],
  },
  {
    title: 'an entry of a type that does not exist',
    make: (maker) => {
      const bad = encodeEntry(maker.file('b', '2'));
      bad[3] = 77;
      const good = encodeEntry(maker.file('a', '1'));
      return rooted(maker, node(maker, encodeLeaf([], concatBytes([good, bad]), 2)));
    },
    codes: ['FORMAT_NEWER'],
    left: ['a = 1'],
  },
  {
    title: 'a directory whose node is file data',
    make: (maker) => {
      const leaf = encodeLeaf([], encodeEntry(maker.file('evil', 'evil')), 1);
      return [maker.directoryOf('d', maker.chunk(CHUNK_KINDS.data, leaf)), maker.file('z', 'good')];
    },
    codes: ['DATA_CORRUPT'],
    left: ['d/', 'z = good'],
  },
  {
    title: 'a hard link to a name that was refused',
    make: (maker) => [maker.file('..', 'x', shared), maker.file('b', 'x', shared)],
    codes: ['DATA_CORRUPT'],
    left: ['b = x'],
  },
  {
    title: 'a link group of a link and a file',
    make: (maker) => [maker.link('a', '../outside/secret', shared), maker.file('b', 'mine', shared)],
    left: ['a -> ../outside/secret', 'b = mine'],
  },
  {
    title: 'a link group of links, the first of which leads outside',
    make: (maker) => [maker.link('a', '../outside/secret', shared), maker.link('b', '../outside/secret', shared)],
    left: ['a -> ../outside/secret', 'b -> ../outside/secret'],
  },
  {
    title: 'a link group of directories',
    make: (maker) => [
      maker.directory('a', [maker.file('x', '1')], shared),
      maker.directory('b', [maker.file('x', '1')], shared),
    ],
    left: ['a/', 'a/x = 1', 'b/', 'b/x = 1'],
  },
  {
    title: 'directories 1,500 deep',
    make: (maker) => [nested(maker, 1500)],
  },
  {
    title: 'directories 4,200 deep',
    make: (maker) => [nested(maker, 4200)],
    codes: ['DATA_CORRUPT'],
  },
];

/** Directories called `d`, each in the one before. */
export function nested(maker: HostileMaker, depth: number): TreeEntry {
  let entry = maker.directory('d', [maker.file('x', '1')]);
  for (let level = 1; level < depth; level++) entry = maker.directory('d', [entry]);
  return entry;
}
