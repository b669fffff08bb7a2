import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { toHex } from '../../src/base/index.js';
import {
  CHUNK_KINDS,
  type ContentItem,
  type EntryContent,
  encodeListInner,
  encodeListLeaf,
  type ListChild,
} from '../../src/format/index.js';
import { ContentWriter, TreeReader } from '../../src/snapshot/index.js';
import { plainEntry } from '../format/tree-samples.js';
import { NodeStore } from './node-store.js';

/** docs/format.md §9 once more, slowly: all items in memory, level after level. */
function reference(store: NodeStore, items: readonly ContentItem[]): EntryContent {
  if (items.length === 0) return { form: 'none' };
  if (items.length === 1 && items[0]!.id) return { form: 'chunk', id: items[0]!.id };
  if (items.length <= 4) return { form: 'items', items };
  const put = (bytes: Uint8Array) => store.identify(CHUNK_KINDS.list, bytes);
  const leaves = split(items, (item, count) => count === 1024 || (count >= 64 && item.id?.[0] === 0));
  let level: ListChild[] = leaves.map((leaf) => ({ length: sum(leaf), id: put(encodeListLeaf(leaf)) }));
  for (let k = 1; level.length > 1; k++) {
    const groups = split(level, (child, count) => count === 512 || (count >= 8 && child.id[0]! % 64 === 0));
    level = groups.map((group) => ({ length: sum(group), id: put(encodeListInner(k, group)) }));
  }
  return { form: 'list', id: level[0]!.id };
}

/** Groups that end after each member for which `ends` holds. */
function split<T>(members: readonly T[], ends: (member: T, count: number) => boolean): T[][] {
  const groups: T[][] = [];
  let open: T[] = [];
  for (const member of members) {
    open.push(member);
    if (!ends(member, open.length)) continue;
    groups.push(open);
    open = [];
  }
  return open.length > 0 ? [...groups, open] : groups;
}

const sum = (members: readonly { readonly length: number }[]) =>
  members.reduce((total, { length }) => total + length, 0);

/** Chunks whose ids are as good as random, a hole at every `holeEvery`-th place. */
function chunks(count: number, holeEvery = Number.POSITIVE_INFINITY): ContentItem[] {
  return Array.from({ length: count }, (_, i) => ({
    length: 1000 + (i % 7),
    id: i % holeEvery === holeEvery - 1 ? undefined : new Uint8Array(createHash('sha256').update(`${i}`).digest()),
  }));
}

function write(store: NodeStore, items: readonly ContentItem[]): { content: EntryContent; size: number } {
  const writer = new ContentWriter(store);
  for (const { length, id } of items) writer.add(length, id);
  return { content: writer.finish(), size: writer.size };
}

async function readBack(store: NodeStore, content: EntryContent, size: number): Promise<ContentItem[]> {
  const found: ContentItem[] = [];
  const entry = { ...plainEntry(new Uint8Array([65]), 1), content, size };
  for await (const item of new TreeReader(store).fileItems(entry)) found.push(item);
  return found;
}

const text = (items: readonly ContentItem[]) =>
  items.map(({ length, id }) => `${length} ${id ? toHex(id) : '-'}`).join();

t.test('ContentWriter splits where docs/format.md says', async (t) => {
  for (const count of [0, 1, 2, 4, 5, 63, 64, 65, 1023, 1024, 1025, 2048, 9000, 60_000]) {
    for (const holeEvery of [Number.POSITIVE_INFINITY, 5]) {
      const items = chunks(count, holeEvery);
      const store = new NodeStore();
      const { content, size } = write(store, items);
      t.same(content, reference(store, items), `${count} chunks, a hole each ${holeEvery}`);
      t.equal(size, sum(items));
      if (count > 0) t.equal(text(await readBack(store, content, size)), text(items));
    }
  }
});

t.test('ContentWriter keeps a lone hole and takes no empty run', async (t) => {
  const store = new NodeStore();
  t.same(write(store, [{ length: 5, id: undefined }]).content, {
    form: 'items',
    items: [{ length: 5, id: undefined }],
  });
  t.same(write(store, [{ length: 0, id: undefined }]).content, { form: 'none' });
});

t.test('ContentWriter copies the ids that it is given', async (t) => {
  const id = new Uint8Array(32).fill(7);
  const writer = new ContentWriter(new NodeStore());
  writer.addChunks(id, Uint32Array.of(10));
  id.fill(9);
  t.same(writer.finish(), { form: 'chunk', id: new Uint8Array(32).fill(7) });
});

t.test('ContentWriter agrees with the reference on any run of items', async (t) => {
  const seed = Date.now() | 0;
  t.comment(`seed ${seed}`);
  const id = fc.tuple(fc.constantFrom(0, 64, 1, 200), fc.nat(2 ** 30)).map(([first, rest]) => {
    const bytes = new Uint8Array(32);
    bytes[0] = first;
    new DataView(bytes.buffer).setUint32(4, rest);
    return bytes;
  });
  const items = fc.array(
    fc.record({ length: fc.integer({ min: 1, max: 10 ** 6 }), id: fc.option(id, { nil: undefined }) }),
    { maxLength: 900, size: 'max' },
  );
  const property = fc.property(items, (list) => {
    const store = new NodeStore();
    return JSON.stringify(write(store, list).content) === JSON.stringify(reference(store, list));
  });
  fc.assert(property, { seed, numRuns: 40 });
  t.pass('held');
});

t.test('one changed chunk of a long file changes a path of nodes and no more', async (t) => {
  const items = chunks(50_000);
  const store = new NodeStore();
  write(store, items);
  const edits = {
    changed: items.with(25_000, { length: 1000, id: new Uint8Array(32).fill(3) }),
    added: items.toSpliced(25_000, 0, { length: 7, id: new Uint8Array(32).fill(3) }),
    removed: items.toSpliced(25_000, 1),
  };
  for (const [name, edited] of Object.entries(edits)) {
    const known = new Set(store.nodes.keys());
    store.added = [];
    write(store, edited);
    const fresh = store.added.filter((one) => !known.has(one)).length;
    t.ok(fresh >= 2 && fresh <= 8, `${name}: ${fresh} new nodes of ${store.added.length}`);
  }
});
