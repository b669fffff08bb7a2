import t from 'tap';
import { utf8 } from '../../src/base/index.js';
import {
  CHUNK_KINDS,
  ENTRY_TYPES,
  encodeEntry,
  encodeInner,
  encodeListInner,
  encodeListLeaf,
  type TreeEntry,
} from '../../src/format/index.js';
import { DirectoryWriter } from '../../src/snapshot/index.js';
import type { TreeMaker } from '../helpers/make-tree.js';
import { makePlace } from '../restore/fixture.js';

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes!).toString();

/** A directory of `count` entries, split as backups split them. */
function written(tree: TreeMaker, count: number): TreeEntry {
  const writer = new DirectoryWriter(
    {
      identify: (kind, bytes) => tree.chunk(kind, bytes),
      add: () => undefined,
    },
    { user: () => undefined, group: () => undefined },
  );
  for (let i = 0; i < count; i++) {
    const name = `entry-${String(i).padStart(6, '0')}`;
    const bytes = encodeEntry(tree.file(name, ''));
    const nameStart = bytes.length - 53 - name.length;
    writer.add(bytes, 0, bytes.length, nameStart, nameStart + name.length);
  }
  return tree.directoryOf('big', writer.finish());
}

t.test('entries() streams a directory of many leaves in order, lookup() finds each', async (test) => {
  const place = await makePlace(test);
  const big = written(place.tree, 5000);
  const root = place.tree.directory('', [big]);
  await place.tree.store();
  const { trees } = place.repository;
  const names: string[] = [];
  if (big.content.form !== 'directory') throw new TypeError('A directory is expected.');
  for await (const entry of trees.entries(big.content.id)) names.push(text(entry.name));
  test.equal(names.length, 5000);
  test.same(names, [...names].sort());
  for (const i of [0, 1, 777, 2500, 4999]) {
    const found = await trees.lookup(root, [utf8('big'), utf8(names[i]!)]);
    test.equal(text(found?.name), names[i]);
  }
  for (const name of ['a', 'entry-0000005', 'z']) {
    test.equal(await trees.lookup(root, [utf8('big'), utf8(name)]), undefined);
  }
  test.equal(await trees.lookup(root, [utf8('big'), utf8(names[0]!), utf8('below a file')]), undefined);
  test.equal(await trees.lookup(root, []), root);
});

t.test('leavesNow() answers only when the leaf is at hand', async (test) => {
  const place = await makePlace(test);
  const id = place.tree.leaf([place.tree.file('a', '1')]);
  await place.tree.store();
  const { trees, chunks } = place.repository;
  test.equal(trees.leavesNow(id), undefined);
  await chunks.read(CHUNK_KINDS.node, id);
  const cursor = trees.leavesNow(id)?.[0];
  test.equal(cursor?.next(), true);
  test.equal(text(cursor?.name), 'a');
});

t.test('onDamage() is told what is lost, the rest of the directory follows', async (test) => {
  const place = await makePlace(test);
  const good = place.tree.leaf([place.tree.file('z', '1')]);
  const children = [
    { firstName: utf8('a'), id: new Uint8Array(32).fill(3) },
    { firstName: utf8('z'), id: good },
  ];
  const id = place.tree.chunk(CHUNK_KINDS.node, encodeInner(1, children));
  await place.tree.store();
  const codes: string[] = [];
  const names: string[] = [];
  const options = { referrer: 'directory "d"', onDamage: (error: { code: string }) => void codes.push(error.code) };
  for await (const entry of place.repository.trees.entries(id, options)) names.push(text(entry.name));
  test.same([codes, names], [['OBJECT_MISSING'], ['z']]);
  const all = async () => {
    for await (const entry of place.repository.trees.entries(id)) names.push(text(entry.name));
  };
  await test.rejects(all(), { code: 'OBJECT_MISSING' });
});

t.test('fileItems() walks lists of any depth and checks that they add up', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const id = tree.chunk(CHUNK_KINDS.data, utf8('12345'));
  const leaf = (count: number) => ({
    length: 5 * count + 7,
    id: tree.chunk(
      CHUNK_KINDS.list,
      encodeListLeaf([...Array.from({ length: count }, () => ({ length: 5, id })), { length: 7, id: undefined }]),
    ),
  });
  const level1 = [leaf(2), leaf(3)];
  const inner = { length: 39, id: tree.chunk(CHUNK_KINDS.list, encodeListInner(1, level1)) };
  const root = tree.chunk(CHUNK_KINDS.list, encodeListInner(2, [inner]));
  const file = tree.entry('f', ENTRY_TYPES.file, { form: 'list', id: root }, { size: 39 });
  const longer = tree.entry('f', ENTRY_TYPES.file, { form: 'list', id: root }, { size: 40 });
  const flat = tree.chunk(CHUNK_KINDS.list, encodeListInner(1, [inner]));
  await tree.store();
  const items = async (entry: TreeEntry) => {
    const lengths: number[] = [];
    for await (const item of place.repository.trees.fileItems(entry))
      lengths.push(item.id ? item.length : -item.length);
    return lengths;
  };
  test.same(await items(file), [5, 5, -7, 5, 5, 5, -7]);
  await test.rejects(items(longer), { code: 'DATA_CORRUPT', message: /add up/ });
  const unlevelled = tree.entry('f', ENTRY_TYPES.file, { form: 'list', id: flat }, { size: 39 });
  await test.rejects(items(unlevelled), { code: 'DATA_CORRUPT', message: /level/ });
});

t.test('a name that is no name is refused as hostile', async (test) => {
  const place = await makePlace(test);
  for (const name of ['..', '.', 'a/b', 'nul\0']) {
    const id = place.tree.leaf([place.tree.file(name, '1')]);
    await place.tree.store();
    const first = place.repository.trees.entries(id).next();
    await test.rejects(first, { code: 'DATA_CORRUPT', details: { reason: 'hostile' } }, JSON.stringify(name));
  }
});
