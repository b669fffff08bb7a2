import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { compareBytes, isBitacoraError } from '../../src/base/index.js';
import {
  type ContentItem,
  decodeEntry,
  decodeInner,
  decodeList,
  ENTRY_TYPES,
  encodeEntry,
  encodeInner,
  encodeLeaf,
  encodeListInner,
  encodeListLeaf,
  type InnerChild,
  LeafCursor,
  type ListChild,
  NodeReader,
  type OwnerName,
  type TreeEntry,
} from '../../src/format/index.js';
import { entries, ids, items, names, plainEntry } from './tree-samples.js';

const read = (bytes: Uint8Array): TreeEntry => {
  const reader = new NodeReader(bytes, 'a test');
  const entry = decodeEntry(reader);
  reader.done();
  return entry;
};

/** Everything in a leaf, each entry decoded. */
function readLeaf(bytes: Uint8Array): { owners: readonly OwnerName[]; entries: TreeEntry[] } {
  const cursor = new LeafCursor(bytes);
  const found: TreeEntry[] = [];
  while (cursor.next()) found.push(read(cursor.bytes.subarray(cursor.start, cursor.end)));
  return { owners: cursor.owners, entries: found };
}

/** Buffers as plain arrays, so that a view compares equal to what it shows. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  return value;
}

function check(t: Test, property: fc.IProperty<unknown> | fc.IRawProperty<unknown>, runs: number): void {
  const seed = Date.now() | 0;
  t.comment(`seed ${seed}`);
  fc.assert(property as fc.IRawProperty<unknown>, { seed, numRuns: runs });
  t.pass('held');
}

const sorted = fc
  .uniqueArray(entries, { selector: ({ name }) => Buffer.from(name).toString('hex'), maxLength: 12 })
  .map((list) => list.sort((a, b) => compareBytes(a.name, b.name)));
const owners = fc.array(
  fc.record({ kind: fc.constantFrom('user' as const, 'group' as const), id: fc.nat(), name: names }),
  { maxLength: 3 },
);
const leaf = fc.record({ owners, list: sorted }).map(({ owners: who, list }) => ({
  owners: who,
  list,
  bytes: encodeLeaf(who, Buffer.concat(list.map(encodeEntry)), list.length),
}));
const children = fc
  .uniqueArray(fc.record({ firstName: names, id: ids }), {
    selector: ({ firstName }) => Buffer.from(firstName).toString('hex'),
    minLength: 1,
    maxLength: 10,
  })
  .map((list) => list.sort((a, b) => compareBytes(a.firstName, b.firstName)));
const listChildren = fc.array(fc.record({ length: fc.integer({ min: 1, max: 2 ** 50 }), id: ids }), {
  minLength: 1,
  maxLength: 10,
});

t.test('encodeEntry() and decodeEntry() agree on every kind of entry', async (t) => {
  const same = (entry: TreeEntry) => deepEqual(plain(read(encodeEntry(entry))), plain(entry));
  check(t, fc.property(entries, same), 400);
});

t.test('a leaf gives back its owners and entries in order', async (t) => {
  const same = ({ owners: who, list, bytes }: { owners: OwnerName[]; list: TreeEntry[]; bytes: Uint8Array }) => {
    const found = readLeaf(bytes);
    deepEqual(plain(found.owners), plain(who));
    deepEqual(plain(found.entries), plain(list));
  };
  check(t, fc.property(leaf, same), 150);
});

t.test('inner nodes and chunk lists give back their children', async (t) => {
  const inner = (list: InnerChild[], level: number) =>
    deepEqual(plain(decodeInner(encodeInner(level, list))), { level, children: plain(list) });
  check(t, fc.property(children, fc.integer({ min: 1, max: 9 }), inner), 100);
  const listLeaf = (list: ContentItem[]) =>
    deepEqual(plain(decodeList(encodeListLeaf(list))), { kind: 'leaf', items: plain(list) });
  check(t, fc.property(fc.array(items, { minLength: 1, maxLength: 70 }), listLeaf), 100);
  const listInner = (list: ListChild[]) =>
    deepEqual(plain(decodeList(encodeListInner(2, list))), { kind: 'inner', level: 2, children: plain(list) });
  check(t, fc.property(listChildren, listInner), 100);
});

/** What is damaged, or has a flag that a newer program may know. */
function isRefusal(error: unknown): boolean {
  return isBitacoraError(error, 'DATA_CORRUPT') || isBitacoraError(error, 'FORMAT_NEWER');
}

/** Runs the decoder on every cut and every changed byte: it may accept, or refuse. Returns how many it refused. */
function mangle(t: Test, bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown): { cuts: number; changes: number } {
  const refused = (mangled: Uint8Array, what: string): number => {
    try {
      decode(mangled);
      return 0;
    } catch (error) {
      if (!isRefusal(error)) t.fail(`${what}: ${String(error)}`);
      return 1;
    }
  };
  let cuts = 0;
  let changes = 0;
  for (let end = 0; end < bytes.length; end++) cuts += refused(bytes.slice(0, end), `cut at ${end}`);
  for (let at = 0; at < bytes.length; at++) {
    for (const value of [0, 1, 0x7f, 0x80, 0xff, bytes[at]! ^ 1, bytes[at]! ^ 0x80]) {
      const changed = bytes.slice();
      changed[at] = value;
      changes += refused(changed, `byte ${at} is ${value}`);
    }
  }
  return { cuts, changes };
}

t.test('every cut is refused and no changed byte does worse than being refused', async (t) => {
  const seed = Date.now() | 0;
  t.comment(`seed ${seed}`);
  for (const entry of fc.sample(entries, { seed, numRuns: 30 })) {
    const bytes = encodeEntry(entry);
    t.equal(mangle(t, bytes, read).cuts, bytes.length);
  }
  for (const { bytes } of fc.sample(leaf, { seed, numRuns: 12 }))
    t.equal(mangle(t, bytes, readLeaf).cuts, bytes.length);
  for (const list of fc.sample(children, { seed, numRuns: 10 })) {
    const bytes = encodeInner(1, list);
    t.equal(mangle(t, bytes, decodeInner).cuts, bytes.length);
  }
  for (const list of fc.sample(fc.array(items, { minLength: 1, maxLength: 9 }), { seed, numRuns: 10 })) {
    const bytes = encodeListLeaf(list);
    t.equal(mangle(t, bytes, decodeList).cuts, bytes.length);
  }
  for (const list of fc.sample(listChildren, { seed, numRuns: 10 })) {
    const bytes = encodeListInner(1, list);
    t.equal(mangle(t, bytes, decodeList).cuts, bytes.length);
  }
});

t.test('random bytes never do worse than being refused', async (t) => {
  const decoders = [read, readLeaf, decodeInner, decodeList];
  check(
    t,
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 5 }), (bytes, tag) => {
      if (bytes.length > 0) bytes[0] = tag;
      for (const decode of decoders) {
        try {
          decode(bytes);
        } catch (error) {
          if (!isRefusal(error)) throw error;
        }
      }
    }),
    3000,
  );
});

t.test('names rise strictly, in leaves and in inner nodes', async (t) => {
  const leafOf = (...list: string[]) =>
    encodeLeaf([], Buffer.concat(list.map((name, i) => encodeEntry(plainEntry(Buffer.from(name), i)))), list.length);
  t.equal(readLeaf(leafOf('a', 'aa', 'b')).entries.length, 3);
  for (const list of [
    ['b', 'a'],
    ['a', 'a'],
    ['a', 'b', 'ab'],
    ['ab', 'a'],
  ]) {
    t.throws(() => readLeaf(leafOf(...list)), { code: 'DATA_CORRUPT' }, `leaf ${list.join()}`);
  }
  const inner = (...list: string[]) =>
    encodeInner(
      1,
      list.map((name) => ({ firstName: Buffer.from(name), id: new Uint8Array(32) })),
    );
  t.equal(decodeInner(inner('a', 'b')).children.length, 2);
  for (const list of [
    ['b', 'a'],
    ['a', 'a'],
  ])
    t.throws(() => decodeInner(inner(...list)), { code: 'DATA_CORRUPT' });
});

t.test('decoders refuse what no writer makes', async (t) => {
  const refused = (run: () => unknown, what: string) => t.throws(run, { code: 'DATA_CORRUPT' }, what);
  refused(
    () => readLeaf(encodeLeaf([], encodeEntry({ ...plainEntry(Buffer.from('x'), 1), name: new Uint8Array(0) }), 1)),
    'a name of no bytes in a leaf',
  );
  refused(
    () => decodeInner(encodeInner(0, [{ firstName: Buffer.from('a'), id: new Uint8Array(32) }])),
    'an inner node of level 0',
  );
  refused(() => decodeInner(encodeInner(1, [])), 'an inner node without children');
  refused(() => decodeList(encodeListLeaf([])), 'an empty list');
  refused(() => decodeList(encodeListInner(1, [])), 'an inner list without children');
  refused(() => decodeList(encodeListInner(1, [{ length: 0, id: new Uint8Array(32) }])), 'a child of no bytes');
  refused(() => decodeList(encodeListLeaf([{ length: 0, id: undefined }])), 'a run of no bytes');
  const wrongSum = {
    ...plainEntry(Buffer.from('x'), 1),
    size: 3,
    content: { form: 'items', items: [{ length: 2, id: undefined }] },
  } as const;
  refused(() => read(encodeEntry(wrongSum)), 'runs that do not add up');
  t.throws(
    () => read(encodeEntry({ ...plainEntry(Buffer.from('x'), 1), type: 9 as never, content: { form: 'none' } })),
    { code: 'FORMAT_NEWER' },
    'an unknown type',
  );
  const records = { type: ENTRY_TYPES.records, content: { form: 'directory', id: new Uint8Array(32) } } as const;
  refused(() => read(encodeEntry({ ...plainEntry(Buffer.from('x'), 1), ...records })), 'records inside a directory');
  const huge = Buffer.from(encodeEntry(plainEntry(Buffer.from('x'), 1)));
  huge[3 + 44] = 0xff;
  refused(() => read(huge), 'a size beyond what numbers hold');
  refused(() => readLeaf(Buffer.from([1, 0, 0xff, 0xff, 0xff, 0xff, 0x7f])), 'more entries than there are bytes');
  t.equal(
    read(encodeEntry({ ...plainEntry(Buffer.from('x'), 1), name: new Uint8Array(0) })).name.length,
    0,
    'a scope has no name',
  );
});
