import t from 'tap';
import { utf8 } from '../../../src/base/index.js';
import { CHUNK_KINDS, ENTRY_FLAGS, ENTRY_TYPES, encodeListInner, encodeListLeaf } from '../../../src/format/index.js';
import { fileBytes, gathered } from '../../../src/restore/index.js';
import { makePlace } from '../fixture.js';
import { collect } from '../state-fixture.js';

t.test('fileBytes() gives what each form of content says, holes as zeros', async (test) => {
  const { tree, repository } = await makePlace(test);
  const source = { tree: repository.trees, chunks: repository.chunks };
  const [one, two] = ['one ', 'two '].map((text) => tree.chunk(CHUNK_KINDS.data, utf8(text)));
  const items = [
    { length: 4, id: one! },
    { length: 100_000, id: undefined },
    { length: 4, id: two! },
  ];
  const leaf = tree.chunk(CHUNK_KINDS.list, encodeListLeaf(items));
  const list = tree.chunk(
    CHUNK_KINDS.list,
    encodeListInner(1, [
      { length: 100_008, id: leaf },
      { length: 100_008, id: leaf },
    ]),
  );
  const files = {
    empty: tree.file('empty', ''),
    chunk: tree.file('chunk', 'whole'),
    items: tree.entry('items', ENTRY_TYPES.file, { form: 'items', items }, { size: 100_008 }),
    list: tree.entry('list', ENTRY_TYPES.file, { form: 'list', id: list }, { size: 200_016 }),
  };
  await tree.store();
  const expected = Buffer.concat([utf8('one '), new Uint8Array(100_000), utf8('two ')]);
  test.equal((await collect(fileBytes(source, files.empty))).length, 0);
  test.equal((await collect(fileBytes(source, files.chunk))).toString(), 'whole');
  test.ok((await collect(fileBytes(source, files.items))).equals(expected));
  test.ok((await collect(fileBytes(source, files.list))).equals(Buffer.concat([expected, expected])));
  test.equal((await collect(fileBytes(source, files.items, { dataOnly: true }))).toString(), 'one two ');
});

t.test('fileBytes() gives nothing in place of bytes that it cannot have', async (test) => {
  const { tree, repository } = await makePlace(test);
  const source = { tree: repository.trees, chunks: repository.chunks };
  const id = tree.chunk(CHUNK_KINDS.data, utf8('four'));
  const wrong = tree.entry('wrong', ENTRY_TYPES.file, { form: 'chunk', id }, { size: 5 });
  const missing = tree.entry('missing', ENTRY_TYPES.file, { form: 'chunk', id: new Uint8Array(32) }, { size: 5 });
  const unread = tree.entry('unread', ENTRY_TYPES.file, { form: 'none' }, { size: 5, flags: ENTRY_FLAGS.unread });
  const nothing = tree.entry('nothing', ENTRY_TYPES.file, { form: 'none' }, { size: 5 });
  await tree.store();
  await test.rejects(collect(fileBytes(source, wrong)), {
    code: 'DATA_CORRUPT',
    message: /4 bytes, and the tree says 5/,
  });
  await test.rejects(collect(fileBytes(source, missing)), { code: 'OBJECT_MISSING' });
  await test.rejects(collect(fileBytes(source, unread)), { code: 'PARTIAL' });
  await test.rejects(collect(fileBytes(source, nothing)), { code: 'DATA_CORRUPT' });
});

t.test('fileBytes() stops between two chunks when it is told to', async (test) => {
  const { tree, repository } = await makePlace(test);
  const items = ['one ', 'two ', 'three'].map((text) => ({
    length: text.length,
    id: tree.chunk(CHUNK_KINDS.data, utf8(text)),
  }));
  const entry = tree.entry('f', ENTRY_TYPES.file, { form: 'items', items }, { size: 13 });
  await tree.store();
  const stop = new AbortController();
  const source = { tree: repository.trees, chunks: repository.chunks };
  const given: string[] = [];
  await test.rejects(
    async () => {
      for await (const piece of fileBytes(source, entry, { signal: stop.signal })) {
        given.push(Buffer.from(piece).toString());
        stop.abort();
      }
    },
    { code: 'CANCELLED' },
  );
  test.same(given, ['one ']);
});

t.test('gathered() joins and splits without losing a byte, and keeps no memory that may change', async (test) => {
  const scratch = new Uint8Array(100_000);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let i = 1; i <= 10; i++) yield scratch.fill(i);
    yield new Uint8Array(700_000).fill(11);
    yield new Uint8Array(0);
  }
  const parts: Uint8Array[] = [];
  for await (const piece of gathered(pieces())) parts.push(piece);
  const all = Buffer.concat(parts);
  test.same(
    parts.slice(0, -1).map(({ length }) => length),
    Array(parts.length - 1).fill(2 ** 18),
  );
  test.equal(all.length, 1_700_000);
  for (let i = 0; i < 10; i++) test.ok(all.subarray(i * 100_000, (i + 1) * 100_000).every((byte) => byte === i + 1));
  test.ok(all.subarray(1_000_000).every((byte) => byte === 11));
});
