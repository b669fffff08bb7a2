import { utf8 } from '../../src/base/index.js';
import { encodeEntry, type TreeEntry } from '../../src/format/index.js';
import type { HostileCase, HostileMaker, HostileScope } from './hostile-case.js';

const tree = (maker: HostileMaker): TreeEntry => maker.directory('x', [maker.file('secret', 'evil')]);

/** One scope with that path. */
function pathCase(title: string, path: string | Uint8Array, more: Partial<HostileCase> = {}): HostileCase {
  return { title: `a scope at ${title}`, make: (maker) => ({ scopes: [{ path, entry: tree(maker) }] }), ...more };
}

const REFUSED = { codes: ['DATA_CORRUPT'], left: [] } as const;

export const SCOPE_CASES: readonly HostileCase[] = [
  pathCase('"/../outside"', '/../outside', REFUSED),
  pathCase('"/a/../../outside"', '/a/../../outside', REFUSED),
  pathCase('"/a/./b"', '/a/./b', REFUSED),
  pathCase('"outside", which is relative', 'outside', REFUSED),
  pathCase('"../outside"', '../outside', REFUSED),
  pathCase('no path', '', REFUSED),
  pathCase('a path with a zero byte', '/a/\0/b', REFUSED),
  pathCase('"/", with a file as its root', '/', {
    make: (maker) => ({ scopes: [{ path: '/', entry: maker.file('', 'evil') }] }),
    codes: ['DATA_CORRUPT'],
    left: [],
  }),
  pathCase('"/" itself', '/', { left: ['secret = evil'] }),
  pathCase('"//a//b/"', '//a//b/', { left: ['a/', 'a/b/', 'a/b/secret = evil'] }),
  pathCase('a name of 300 bytes', `/${'n'.repeat(300)}`, { codes: ['ENAMETOOLONG'], left: [] }),
  pathCase('a path of 1,000 names', '/d'.repeat(1000)),
  pathCase('a path that is not UTF-8', Uint8Array.of(0x2f, 0xff, 0xfe)),
  {
    title: 'a scope at the path of another',
    make: (maker) => scopes(['/a', tree(maker)], ['/a/', maker.directory('x', [maker.file('other', 'evil')])]),
    codes: ['USAGE', 'DATA_CORRUPT'],
    left: [],
  },
  {
    title: 'a scope inside another, where that has a link out of the target',
    make: (maker) => scopes(['/a', maker.directory('a', [maker.link('b', '../../outside')])], ['/a/b', tree(maker)]),
    left: ['a/', 'a/b/', 'a/b/secret = evil'],
  },
  {
    title: 'a scope behind a link of another scope',
    make: (maker) => scopes(['/a', maker.directory('a', [maker.link('b', '../../outside')])], ['/a/b/c', tree(maker)]),
    codes: ['TARGET_UNSAFE'],
    left: ['a/', 'a/b -> ../../outside'],
  },
  {
    title: 'a scope behind a file of another scope',
    make: (maker) => scopes(['/a', maker.directory('a', [maker.file('b', 'file')])], ['/a/b/c', tree(maker)]),
    codes: ['TARGET_UNSAFE'],
    left: ['a/', 'a/b = file'],
  },
  {
    title: 'a scope that is a link, with another below it',
    make: (maker) => scopes(['/a', maker.link('', '../outside')], ['/a/b', tree(maker)]),
    codes: ['TARGET_UNSAFE'],
    left: ['a -> ../outside'],
  },
  {
    title: 'three thousand scopes',
    make: (maker) => {
      const entry = maker.directory('x', []);
      return { scopes: Array.from({ length: 3000 }, (_, i) => ({ path: `/a/${i}`, entry })) };
    },
  },
  {
    title: 'a root with a name of its own, which leads outside',
    make: (maker) => scopes(['/a', maker.file('../outside/secret', 'evil')]),
    left: ['a = evil'],
  },
  {
    title: 'a root that is no entry',
    make: () => scopes(['/a', utf8('not an entry at all')]),
    codes: ['DATA_CORRUPT'],
    left: [],
  },
  {
    title: 'a root with bytes behind it',
    make: (maker) => scopes(['/a', Buffer.concat([encodeEntry(tree(maker)), utf8('more')])]),
    codes: ['DATA_CORRUPT'],
    left: [],
  },
  {
    title: 'a root directory that is in no pack',
    make: (maker) => scopes(['/a', maker.directoryOf('', new Uint8Array(32).fill(7))]),
    codes: ['OBJECT_MISSING'],
  },
];

function scopes(...list: readonly (readonly [string, TreeEntry | Uint8Array])[]): { scopes: HostileScope[] } {
  return { scopes: list.map(([path, entry]) => ({ path, entry })) };
}
