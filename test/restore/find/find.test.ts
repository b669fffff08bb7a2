import t from 'tap';
import { type BitacoraError, printable, utf8 } from '../../../src/base/index.js';
import { CHUNK_KINDS, encodeInner, type TreeEntry } from '../../../src/format/index.js';
import { type FoundPath, findEntries, findVersions, type RestoreScope } from '../../../src/restore/index.js';
import { type NodeSource, TreeReader } from '../../../src/snapshot/index.js';
import { makePlace, type Place } from '../fixture.js';

interface Counted {
  readonly tree: TreeReader;
  /** Directory nodes that were asked for. */
  reads(): number;
}

function counted({ repository }: Place): Counted {
  let reads = 0;
  const source: NodeSource = {
    read: (kind, id, referrer) => {
      reads++;
      return repository.chunks.read(kind, id, referrer);
    },
    readNow: () => undefined,
  };
  return { tree: new TreeReader(source), reads: () => reads };
}

const noDamage = (error: BitacoraError): void => {
  throw error;
};

async function found(tree: TreeReader, snapshots: readonly RestoreScope[][], pattern: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const path of findVersions(snapshots, { tree, pattern, onDamage: noDamage })) lines.push(lineOf(path));
  return lines;
}

/** `path: size@first-last*count, …` */
function lineOf({ path, versions }: FoundPath): string {
  const texts = versions.map(({ entry, first, last, count }) => `${entry.size}@${first}-${last}*${count}`);
  return `${printable(path)}: ${texts.join(', ')}`;
}

t.test('findEntries() gives what matches in one state, in the order of the tree', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const inner = tree.directory('x', [tree.file('i.pdf', '1')]);
  const outer = tree.directory('x', [
    tree.directory('a.pdf', [tree.file('b.pdf', '2'), tree.file('c', '3')]),
    tree.directory('in', [tree.file('hidden.pdf', '4')]),
    tree.file('z.pdf', '5'),
  ]);
  await tree.store();
  const scopes = [place.scope('/s', outer), place.scope('/s/in', inner)];
  const options = { tree: place.repository.trees, pattern: '*.pdf', onDamage: noDamage };
  const paths: string[] = [];
  for await (const { path } of findEntries(scopes, options)) paths.push(printable(path));
  test.same(paths, ['s/a.pdf', 's/a.pdf/b.pdf', 's/in/i.pdf', 's/z.pdf']);
});

t.test('names that are not UTF-8 and scopes that are files are found by patterns like others', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const odd = Buffer.from('caf\xe9.pdf', 'latin1');
  const entries = [tree.directory(Buffer.from([0xff]), [tree.file(odd, '22')]), tree.file('café.pdf', '1')];
  const scopes = [place.scope('/s', tree.directory('s', entries)), place.scope('/one.pdf', tree.file('', '333'))];
  await tree.store();
  const { tree: reader } = counted(place);
  for (const [pattern, expected] of [
    ['*.pdf', ['one.pdf: 3', 's/café.pdf: 1', 's/\\xff/caf\\xe9.pdf: 2']],
    ['caf\\\\xe9.*', ['s/\\xff/caf\\xe9.pdf: 2']],
    ['/one.pdf', ['one.pdf: 3']],
    ['/s/caf*', ['s/café.pdf: 1']],
    ['/s/\\\\xff/*', ['s/\\xff/caf\\xe9.pdf: 2']],
  ] as const) {
    const lines = (await found(reader, [scopes], pattern)).map((line) => line.replace(/@.*/, ''));
    test.same(lines, expected, pattern);
    const paths: string[] = [];
    for await (const { path } of findEntries(scopes, { tree: reader, pattern, onDamage: noDamage })) {
      paths.push(printable(path));
    }
    test.same(paths.sort(), expected.map((line) => line.replace(/:.*/, '')).sort(), `${pattern} in one state`);
  }
});

t.test('findVersions() tells which snapshots hold which version, over changes and ways back', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const state = (entries: readonly TreeEntry[]) => [place.scope('/s', tree.directory('s', entries))];
  const one = tree.file('f', '1');
  const two = tree.file('f', '22');
  const snapshots = [
    state([one, tree.file('old', '4444')]),
    state([two]),
    state([one, tree.directory('d', [tree.file('f', '333')])]),
    state([tree.directory('d', [tree.file('f', '333')]), tree.directory('f', [])]),
  ];
  await tree.store();
  const { tree: reader } = counted(place);
  test.same(await found(reader, snapshots, 'f'), ['s/d/f: 3@2-3*2', 's/f: 0@3-3*1, 1@0-2*2, 2@1-1*1']);
  test.same(await found(reader, snapshots, 'old'), ['s/old: 4@0-0*1']);
  test.same(await found(reader, snapshots, 'none'), []);
});

t.test('findVersions() reads a directory once, in however many snapshots it is the same', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const same = tree.directory('same', [tree.directory('deep', [tree.file('x', '1')])]);
  const snapshots = Array.from({ length: 50 }, (_, i) => [
    place.scope('/s', tree.directory('s', [same, tree.file('y', `${i}`)])),
  ]);
  await tree.store();
  const { tree: reader, reads } = counted(place);
  test.same(await found(reader, snapshots, 'x'), ['s/same/deep/x: 1@0-49*50']);
  test.equal(reads(), 50 + 2, 'fifty roots, and the two directories that never changed');
  const before = reads();
  test.same((await found(reader, snapshots, '/y'))[0]?.split(', ').length, 50);
  test.equal(reads() - before, 50, 'what cannot match is not looked into');
});

t.test('findVersions() merges directories of several leaves, and scopes by their names', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const names = Array.from({ length: 30 }, (_, i) => `f${String(i).padStart(2, '0')}`);
  const leaf = (from: number, to: number, text: string) => ({
    firstName: utf8(names[from]!),
    id: tree.leaf(names.slice(from, to).map((name) => tree.file(name, text))),
  });
  const many = (text: string) =>
    tree.directoryOf('s', tree.chunk(CHUNK_KINDS.node, encodeInner(1, [leaf(0, 15, 'same'), leaf(15, 30, text)])));
  const other = tree.directory('t', [tree.file('f20', 'elsewhere')]);
  const snapshots = [
    [place.scope('/s', many('x')), place.scope('/a', other)],
    [place.scope('/s', many('yy'))],
    [place.scope('/s', many('yy'))],
  ];
  await tree.store();
  test.same(await found(counted(place).tree, snapshots, 'f?[05]'), [
    'a/f20: 9@0-0*1',
    's/f00: 4@0-2*3',
    's/f05: 4@0-2*3',
    's/f10: 4@0-2*3',
    's/f15: 2@1-2*2, 1@0-0*1',
    's/f20: 2@1-2*2, 1@0-0*1',
    's/f25: 2@1-2*2, 1@0-0*1',
  ]);
});

t.test('a search goes on where a directory cannot be read, and tells which', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const lost = tree.directoryOf('lost', new Uint8Array(32));
  const scopes = [place.scope('/s', tree.directory('s', [lost, tree.file('z', '1')]))];
  await tree.store();
  for (const search of ['entries', 'versions']) {
    const damaged: string[] = [];
    const onDamage = (error: BitacoraError, path: Uint8Array) => void damaged.push(`${error.code} ${printable(path)}`);
    const options = { tree: place.repository.trees, pattern: 'z', onDamage };
    const paths: string[] = [];
    const items = search === 'entries' ? findEntries(scopes, options) : findVersions([scopes], options);
    for await (const { path } of items) paths.push(printable(path));
    test.same(paths, ['s/z'], search);
    test.same(damaged, ['OBJECT_MISSING s/lost'], search);
  }
});
