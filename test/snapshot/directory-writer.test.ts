import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import t from 'tap';
import { compareBytes, toHex, utf8 } from '../../src/base/index.js';
import {
  CHUNK_KINDS,
  type ChunkKind,
  ENTRY_FLAGS,
  encodeEntry,
  encodeInner,
  encodeLeaf,
  type InnerChild,
  isLeaf,
  LeafCursor,
  type TreeEntry,
} from '../../src/format/index.js';
import { DirectoryWriter, type NodeSink, TreeReader } from '../../src/snapshot/index.js';
import { plainEntry } from '../format/tree-samples.js';
import { addEntry, NodeStore, nobody, writeDirectory } from './node-store.js';

/** docs/format.md §9 once more, slowly: all entries in memory, level after level. */
function reference(store: NodeStore, entries: readonly TreeEntry[]): string {
  const hash = (name: Uint8Array) =>
    name.reduce((h, byte) => Number((BigInt(h ^ byte) * 0x01000193n) & 0xffffffffn), 0x811c9dc5);
  const put = (bytes: Uint8Array) => store.identify(CHUNK_KINDS.node, bytes);
  const leaves: TreeEntry[][] = [[]];
  let bytes = 0;
  for (const entry of entries) {
    const last = leaves.at(-1)!;
    const more = encodeEntry(entry).length;
    const natural = last.length >= 64 && hash(entry.name) % 256 === 0;
    const full = last.length === 1024 || bytes + more > 2 ** 20;
    if (last.length > 0 && (natural || full)) {
      leaves.push([entry]);
      bytes = more;
    } else {
      last.push(entry);
      bytes += more;
    }
  }
  let level: InnerChild[] = leaves.map((leaf) => ({
    firstName: leaf[0]?.name ?? new Uint8Array(0),
    id: put(encodeLeaf([], Buffer.concat(leaf.map(encodeEntry)), leaf.length)),
  }));
  for (let k = 1; level.length > 1; k++) {
    const groups: InnerChild[][] = [[]];
    for (const child of level) {
      const last = groups.at(-1)!;
      const shift = 8 + 6 * (k - 1);
      const natural = last.length >= 8 && shift < 32 && Math.floor(hash(child.firstName) / 2 ** shift) % 64 === 0;
      if (last.length > 0 && (natural || last.length === 512)) groups.push([child]);
      else last.push(child);
    }
    level = groups.map((group) => ({ firstName: group[0]!.firstName, id: put(encodeInner(k, group)) }));
  }
  return toHex(level[0]!.id);
}

const byName = (a: TreeEntry, b: TreeEntry) => compareBytes(a.name, b.name);
const numbered = (count: number, prefix = 'file-') =>
  Array.from({ length: count }, (_, i) => plainEntry(utf8(`${prefix}${String(i).padStart(7, '0')}`), i));

t.test('DirectoryWriter splits where docs/format.md says', async (t) => {
  for (const count of [0, 1, 2, 63, 64, 65, 200, 1023, 1024, 1025, 5000, 20_000]) {
    const entries = numbered(count, count % 2 ? 'x' : 'some-other-prefix-');
    const store = new NodeStore();
    t.equal(toHex(writeDirectory(store, entries)), reference(store, entries), `${count} entries`);
  }
  const store = new NodeStore();
  const attribute = { name: utf8('user.big'), value: new Uint8Array(60_000) };
  const large = numbered(70).map((entry) => ({ ...entry, flags: ENTRY_FLAGS.xattrs, xattrs: [attribute] }));
  t.equal(toHex(writeDirectory(store, large)), reference(store, large), 'few entries that are large');
  for (const bytes of store.nodes.values()) t.ok(bytes.length <= 2 ** 20 + 1024, 'no node is much larger than 1 MiB');
});

t.test('DirectoryWriter makes any set of names one tree, whatever was there before', async (t) => {
  const seed = Date.now() | 0;
  t.comment(`seed ${seed}`);
  const sets = fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 800 });
  const property = fc.property(sets, (numbers) => {
    const store = new NodeStore();
    const entries = numbers.map((i) => plainEntry(utf8(`n${i}`), i)).sort(byName);
    return toHex(writeDirectory(store, entries)) === reference(store, entries);
  });
  fc.assert(property, { seed, numRuns: 30 });
  t.pass('held');
});

t.test('one changed, added or removed entry changes a path of nodes and no more', async (t) => {
  const entries = numbered(40_000);
  const store = new NodeStore();
  writeDirectory(store, entries);
  const depth = 3;
  const edits: Record<string, TreeEntry[]> = {
    changed: entries.with(21_234, { ...entries[21_234]!, mode: 0o600 }),
    added: entries.toSpliced(21_234, 0, plainEntry(utf8('file-0021233x'), 1)),
    removed: entries.toSpliced(21_234, 1),
    first: entries.toSpliced(0, 1),
    last: entries.slice(0, -1),
  };
  for (const [name, edited] of Object.entries(edits)) {
    const known = new Set(store.nodes.keys());
    store.added = [];
    writeDirectory(store, edited);
    const fresh = store.added.filter((id) => !known.has(id)).length;
    t.ok(fresh >= depth - 1 && fresh <= 2 * depth + 2, `${name}: ${fresh} new nodes of ${store.added.length}`);
  }
});

t.test('TreeReader gives back what DirectoryWriter took', async (t) => {
  const entries = numbered(3000);
  const store = new NodeStore();
  const root = writeDirectory(store, entries);
  t.notOk(isLeaf(store.nodes.get(toHex(root))!));
  const names: string[] = [];
  for await (const entry of new TreeReader(store).entries(root)) names.push(Buffer.from(entry.name).toString());
  t.equal(names.join(), entries.map(({ name }) => Buffer.from(name).toString()).join());
});

t.test('DirectoryWriter names the owners of a leaf, users first, and of no other', async (t) => {
  const store = new NodeStore();
  const owners = { user: (id: number) => (id === 7 ? undefined : `user${id}`), group: (id: number) => `group${id}` };
  const entries = numbered(3).map((entry, i) => ({ ...entry, uid: [9, 7, 2][i]!, gid: 5 }));
  const root = writeDirectory(store, entries, owners);
  const { owners: found } = new LeafCursor(store.nodes.get(toHex(root))!);
  t.same(
    found.map(({ kind, id, name }) => `${kind} ${id} ${Buffer.from(name)}`),
    ['user 2 user2', 'user 9 user9', 'group 5 group5'],
  );
});

t.test('DirectoryWriter does not repeat the owners of one leaf in the next', async (t) => {
  const store = new NodeStore();
  const owners = { user: (id: number) => `user${id}`, group: () => undefined };
  const entries = numbered(2048).map((entry, i) => ({ ...entry, uid: i === 0 ? 1 : 2 }));
  writeDirectory(store, entries, owners);
  const counts = [...store.nodes.values()].filter(isLeaf).map((bytes) => new LeafCursor(bytes).owners.length);
  t.equal(counts[0], 2);
  t.ok(counts.length > 1 && counts.slice(1).every((count) => count === 1));
});

/** Keeps nothing but a count. */
class Forgetful implements NodeSink {
  readonly #ids = new NodeStore();
  nodes = 0;

  identify(kind: ChunkKind, bytes: Uint8Array): Uint8Array {
    return this.#ids.identify(kind, bytes);
  }

  add(): void {
    this.nodes++;
  }
}

t.test('DirectoryWriter holds a leaf at a time, however many entries come', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const sink = new Forgetful();
  const writer = new DirectoryWriter(sink, nobody);
  const write = (from: number, to: number) => {
    for (let i = from; i < to; i++) addEntry(writer, plainEntry(utf8(`file-${String(i).padStart(7, '0')}`), i));
  };
  write(0, 20_000);
  const before = held();
  write(20_000, 200_000);
  const grown = held() - before;
  writer.finish();
  t.ok(sink.nodes > 500);
  t.ok(grown < 8 * 2 ** 20, `${Math.round(grown / 1024)} KiB for 180,000 entries more, which are 20 MiB themselves`);
});
