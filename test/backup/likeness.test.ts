import { tmpdir } from 'node:os';
import t from 'tap';
import { Likeness } from '../../src/backup/likeness.js';
import { OrderedDirectory } from '../../src/backup/ordered-directory.js';
import { equalBytes, utf8 } from '../../src/base/index.js';
import { ENTRY_TYPES, encodeEntry, LeafCursor, type TreeEntry } from '../../src/format/index.js';
import { openDirectory } from '../../src/posix/index.js';
import { DirectoryWriter, type NodeSink, type OwnerLookup } from '../../src/snapshot/index.js';

const OWNERS: OwnerLookup = {
  user: (uid) => (uid === 0 ? 'root' : undefined),
  group: (gid) => (gid === 0 ? 'root' : undefined),
};

function entry(name: string, more: Partial<TreeEntry> = {}): Uint8Array {
  return encodeEntry({
    name: utf8(name),
    type: ENTRY_TYPES.file,
    flags: 0,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeSec: 1000,
    mtimeNsec: 0,
    ctimeSec: 1000,
    ctimeNsec: 0,
    inode: 7n,
    size: 0,
    device: 0n,
    xattrs: [],
    content: { form: 'none' },
    ...more,
  });
}

interface Kept extends NodeSink {
  readonly nodes: Uint8Array[];
}

/** The id of a node is its number. */
function makeSink(): Kept {
  const nodes: Uint8Array[] = [];
  return {
    nodes,
    identify: () => new Uint8Array(32).fill(nodes.length + 1),
    add: (_kind, _id, bytes) => void nodes.push(bytes),
  };
}

function write(
  entries: readonly Uint8Array[],
  owners = OWNERS,
  leaf?: Uint8Array,
): { root: Uint8Array; nodes: Uint8Array[] } {
  const sink = makeSink();
  let root: Uint8Array | undefined;
  const before = leaf && { root: PARENT, likeness: new Likeness(leaf, owners) };
  const directory = new OrderedDirectory(
    openDirectory(tmpdir()),
    new DirectoryWriter(sink, owners),
    (id) => {
      root = id;
    },
    before,
  );
  // Every other entry comes late, as one that must be read does.
  const late = entries.map((bytes, i) => {
    if (i % 2 === 0) return directory.addEncoded(bytes);
    const slot = directory.reserve();
    return () => directory.resolve(slot, bytes);
  });
  directory.scanned();
  for (const resolve of late) resolve?.();
  return { root: root!, nodes: sink.nodes };
}

const PARENT = new Uint8Array(32).fill(99);
const NAMES = ['a', 'b', 'c', 'd'];
const SAME = NAMES.map((name) => entry(name));
const LEAF = write(SAME).nodes[0]!;

t.test('a directory that is as before has the node that it had, and none is made', async (t) => {
  t.same(write(SAME, OWNERS, LEAF), { root: PARENT, nodes: [] });
  const nothing = write([]).nodes[0]!;
  t.same(write([], OWNERS, nothing), { root: PARENT, nodes: [] });
});

t.test('entries that are the parent’s own bytes are as good as equal ones', async (t) => {
  const cursor = new LeafCursor(LEAF);
  const likeness = new Likeness(cursor.bytes, OWNERS);
  while (cursor.next()) t.ok(likeness.takes(cursor.bytes, cursor.start, cursor.end, cursor.fixed));
  t.ok(likeness.complete);
});

t.test('a directory that differs anywhere is written anew, all of it', async (t) => {
  const changes: Readonly<Record<string, readonly Uint8Array[]>> = {
    'first changed': [entry('a', { size: 1 }), ...SAME.slice(1)],
    'last changed': [...SAME.slice(0, 3), entry('d', { ctimeSec: 1001 })],
    'same length, other flag': [SAME[0]!, entry('b', { flags: 2 }), ...SAME.slice(2)],
    'first gone': SAME.slice(1),
    'last gone': SAME.slice(0, 3),
    'all gone': [],
    'one more behind': [...SAME, entry('e')],
    'one more before': [entry('A'), ...SAME],
    'one more between': [...SAME.slice(0, 2), entry('bb'), ...SAME.slice(2)],
  };
  for (const [what, entries] of Object.entries(changes)) {
    const plain = write(entries);
    const merged = write(entries, OWNERS, LEAF);
    t.notOk(equalBytes(merged.root, PARENT), what);
    t.same(merged.nodes, plain.nodes, what);
  }
});

t.test('a directory whose owners bear other names by now is written anew', async (t) => {
  const renamed: OwnerLookup = { ...OWNERS, user: (uid) => (uid === 0 ? 'toor' : undefined) };
  const unnamed: OwnerLookup = { ...OWNERS, group: () => undefined };
  for (const owners of [renamed, unnamed]) t.same(write(SAME, owners, LEAF).nodes, write(SAME, owners).nodes);
  const strange = [entry('a', { uid: 5, gid: 6 }), entry('b')];
  const leaf = write(strange).nodes[0]!;
  t.same(write(strange, OWNERS, leaf).nodes, []);
  const named: OwnerLookup = { ...OWNERS, user: (uid) => (uid === 5 ? 'eve' : 'root') };
  t.same(write(strange, named, leaf).nodes, write(strange, named).nodes);
});
