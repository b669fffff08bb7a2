import t from 'tap';
import { BitacoraError } from '../../src/base/index.js';
import { IdHashes, IdSet } from '../../src/snapshot/id-set.js';
import {
  collectionScope,
  foldRecords,
  type RecordCapture,
  type RecordDamage,
  type RecordWish,
} from '../../src/snapshot/index.js';

type Content = Readonly<Record<string, readonly (string | undefined)[]>>;

/** A capture whose collections have these ids. */
function capture(scope: string, position: number, content: Content): RecordCapture {
  return {
    scope,
    position,
    keys: {
      collections: async () =>
        Object.entries(content).map(([name, ids]) => ({ name, shape: 'list', records: ids.length, bytes: 0 })),
      async *keys(collection) {
        for (const id of content[collection] ?? []) yield { id };
      },
    },
  };
}

interface More {
  readonly ended?: readonly { readonly scope: string; readonly position: number }[];
  readonly wish?: RecordWish;
}

/** What is shown of each capture: the places of its records. */
async function shown(captures: readonly [string, number, Content][], { ended = [], wish }: More = {}) {
  const made = captures.map(([scope, position, content]) => capture(scope, position, content));
  const hidden = await foldRecords(made, { ended, wish });
  return captures.map(([, , content], i) => {
    const left = Object.entries(content).map(([name, ids]) =>
      ids.map((_, index) => index).filter((index) => !hidden[i]!.hidden?.(name, index)),
    );
    t.equal(hidden[i]!.shown, left.flat().length, 'what it counts');
    return left;
  });
}

t.test('of an item the newest capture counts, and of a capture all of that id', async (t) => {
  const older: [string, number, Content] = ['session:1', 0, { a: ['x', 'y', 'x', undefined], b: ['x'] }];
  const newer: [string, number, Content] = ['session:2', 1, { a: ['x', 'x', undefined] }];
  t.same(await shown([older, newer]), [[[1, 3], [0]], [[0, 1, 2]]]);
});

t.test('nothing is hidden where nothing is twice', async (t) => {
  const captures = [capture('session:1', 0, { a: ['x'] }), capture('session:2', 1, { a: ['y'], b: [] })];
  t.match(await foldRecords(captures, { ended: [] }), [
    { hidden: undefined, shown: 1 },
    { hidden: undefined, shown: 1 },
  ]);
});

t.test('a whole collection takes away what older captures hold of it, also without an id', async (t) => {
  const whole = collectionScope('a');
  const captures: [string, number, Content][] = [
    ['session:1', 0, { a: ['x', undefined], b: ['x'] }],
    [whole, 1, { a: ['y'] }],
    ['session:2', 2, { a: ['y', 'z'] }],
  ];
  t.same(await shown(captures), [[[], [0]], [[]], [[0, 1]]]);
  t.same(await shown([captures[0]!, [whole, 1, { a: [] }]]), [[[], [0]], [[]]], 'an empty one as well');
});

t.test('what one snapshot captured is not older than itself', async (t) => {
  const captures: [string, number, Content][] = [
    [collectionScope('a'), 3, { a: ['x'] }],
    ['session:1', 3, { a: ['y'] }],
  ];
  t.same(await shown(captures), [[[0]], [[0]]]);
});

t.test('a collection that ended takes away as much as an empty one', async (t) => {
  const ended = [{ scope: collectionScope('a'), position: 1 }];
  const captures: [string, number, Content][] = [
    ['session:1', 0, { a: ['x'], b: ['x'] }],
    ['session:2', 2, { a: ['x'] }],
  ];
  t.same(await shown(captures, { ended }), [[[], [0]], [[0]]]);
});

t.test('what is not wanted is hidden, and hides what is older all the same', async (t) => {
  const captures: [string, number, Content][] = [
    ['session:1', 0, { a: ['x', 'y', 'z'], b: ['x'] }],
    ['session:2', 1, { a: ['x'], b: ['y'] }],
  ];
  const wish: RecordWish = {
    collection: ({ name }, scope) => (name === 'b' || scope === 'session:2' ? 'none' : 'some'),
    record: (_, __, id) => id !== 'z',
  };
  t.same(await shown(captures, { wish }), [
    [[1], []],
    [[], []],
  ]);
});

t.test('a collection that is not there is not there empty either', async (t) => {
  const whole = collectionScope('a');
  const captures = [capture('session:1', 0, { a: [], b: [], c: [] }), capture(whole, 1, { a: [] })];
  const wish: RecordWish = { collection: ({ name }) => (name === 'c' ? 'none' : 'all'), record: () => true };
  const [session, collection] = await foldRecords(captures, { ended: [], wish });
  t.same(
    ['a', 'b', 'c'].map((name) => session!.without(name)),
    [true, false, true],
  );
  t.equal(collection!.without('a'), false);
});

t.test('what is damaged is left out and told, and hides nothing', async (t) => {
  const lost = (): never => {
    throw new BitacoraError('DATA_CORRUPT', 'It is damaged.');
  };
  const older = capture('session:1', 0, { a: ['x'], b: ['x'] });
  const newer = capture('session:2', 1, { a: ['x'], b: ['x'] });
  const halfRead: RecordCapture = {
    ...newer,
    keys: {
      collections: () => newer.keys.collections(),
      async *keys(collection) {
        yield* newer.keys.keys(collection);
        if (collection === 'a') lost();
      },
    },
  };
  const unread: RecordCapture = {
    ...newer,
    scope: 'session:3',
    keys: { ...newer.keys, collections: async () => lost() },
  };
  const captures = [older, halfRead, unread];
  const damage: string[] = [];
  const onDamage = ({ scope, collection = 'all' }: RecordDamage) => void damage.push(`${scope} ${collection}`);
  const [first, second] = await foldRecords(captures, { ended: [], onDamage });
  t.same(damage, ['session:3 all', 'session:2 a']);
  t.same([first!.hidden?.('a', 0), first!.hidden?.('b', 0)], [false, true], 'only what is whole hides');
  t.same([second!.without('a'), second!.without('b'), second!.shown], [true, false, 1]);
  await t.rejects(foldRecords(captures, { ended: [] }), { code: 'DATA_CORRUPT' });
});

t.test('a set of ids holds what was put in, and nothing else', async (t) => {
  const set = new IdSet();
  const words = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `id ${from + i}`);
  const has = (id: string) => {
    const hashes = new IdHashes();
    hashes.add(id);
    return set.hasLast(hashes);
  };
  t.equal(has(''), false);
  for (let from = 0; from < 9000; from += 3000) {
    const hashes = new IdHashes();
    for (const id of words(from, from + 3000)) hashes.add(id);
    set.addAll(hashes);
    set.addAll(hashes);
  }
  t.equal(words(0, 9000).filter((id) => !has(id)).length, 0);
  t.equal(words(9000, 18_000).filter(has).length, 0);
});
