import t, { type Test } from 'tap';
import {
  COLLECTIONS_FILE,
  collectionFiles,
  ENTRY_TYPES,
  encodeCollections,
  encodeEntry,
  type RecordCollection,
  type ScopeRecord,
  type TreeEntry,
  writeRow,
} from '../../src/format/index.js';
import { collectionFile, isRecordScope, RecordReader, recordFileName, recordsPath } from '../../src/snapshot/index.js';
import type { TreeMaker } from '../helpers/make-tree.js';
import { makePlace } from '../restore/fixture.js';

interface Parts {
  readonly collections?: readonly RecordCollection[];
  readonly rows?: readonly (readonly [id: string | undefined, length: number])[];
  readonly json?: string;
  /** Beside or in the place of the files that these make. */
  readonly files?: (tree: TreeMaker) => readonly TreeEntry[];
}

const TWO: readonly RecordCollection[] = [{ name: 'a', shape: 'list', records: 2, bytes: 5 }];

/** A scope of records as somebody with the key may have made it, and its reader. */
async function readerOf(t: Test, parts: Parts): Promise<RecordReader> {
  const { repository, tree } = await makePlace(t);
  const {
    collections = TWO,
    rows = [
      ['x', 2],
      [undefined, 3],
    ],
    json = '1234567'.slice(0, 5),
  } = parts;
  const out = new Uint8Array(4096);
  let end = 0;
  for (const [id, length] of rows) end = writeRow(out, end, id === undefined ? id : Buffer.from(id), length);
  const { keys, records } = collectionFiles(0);
  const own = [
    tree.file(COLLECTIONS_FILE, Buffer.from(encodeCollections(collections))),
    tree.file(keys, Buffer.from(out.subarray(0, end))),
    tree.file(records, json),
  ];
  const given = parts.files?.(tree) ?? [];
  const names = new Set(given.map(({ name }) => Buffer.from(name).toString()));
  const entries = [...own.filter(({ name }) => !names.has(Buffer.from(name).toString())), ...given];
  const directory = tree.directory('', entries);
  await tree.store();
  const entry = encodeEntry({ ...directory, type: ENTRY_TYPES.records, name: new Uint8Array(0) });
  const scope: ScopeRecord = { scope: 'session:s1', path: Buffer.from('/_records/x'), entry, files: 2, bytes: 5 };
  t.ok(isRecordScope(scope));
  return new RecordReader(repository, scope);
}

async function all(reader: RecordReader, wanted?: (index: number) => boolean): Promise<unknown[]> {
  const records: unknown[] = [];
  for (const { name } of await reader.collections()) {
    for await (const { id, index, length, json } of reader.records(name, wanted)) {
      records.push([id, index, length, Buffer.from(json).toString()]);
    }
  }
  return records;
}

t.test('RecordReader reads what a directory of records holds', async (t) => {
  const reader = await readerOf(t, {});
  t.same(await all(reader), [
    ['x', 0, 2, '12'],
    [undefined, 1, 3, '345'],
  ]);
  t.same(await all(reader, (index) => index === 1), [[undefined, 1, 3, '345']]);
  const keys: unknown[] = [];
  for await (const key of reader.keys('a')) keys.push(key);
  t.same(keys, [
    { collection: 'a', id: 'x', index: 0, length: 2 },
    { collection: 'a', id: undefined, index: 1, length: 3 },
  ]);
  for await (const _ of reader.records('other')) t.fail('it is not there');
  const empty = await readerOf(t, { collections: [], rows: [], json: '' });
  t.same(await empty.collections(), []);
});

t.test('RecordReader refuses tables that contradict each other, and what is no directory of records', async (t) => {
  const refused = async (what: string, parts: Parts, code = 'DATA_CORRUPT') => {
    const reader = await readerOf(t, parts);
    await t.rejects(all(reader), { code }, what);
  };
  await refused('fewer rows than records', { rows: [['x', 5]] });
  await refused('more rows than records', {
    rows: [
      ['x', 2],
      ['y', 2],
      ['z', 1],
    ],
  });
  await refused('rows that say too little', {
    rows: [
      ['x', 2],
      ['y', 2],
    ],
  });
  await refused('rows that say too much', {
    rows: [
      ['x', 2],
      ['y', 4],
    ],
  });
  await refused('another size than the table says', { json: '123456' });
  await refused('no keys', { files: (tree) => [tree.file('0000.keys', '')] });
  await refused('a table that is none', { files: (tree) => [tree.file(COLLECTIONS_FILE, '\xff')] });
  await refused('a directory in it', { files: (tree) => [tree.directory('zzz', [])] });
  await refused('a hole', {
    files: (tree) => {
      const content = { form: 'items', items: [{ length: 5, id: undefined }] } as const;
      return [{ ...tree.file('0000.records', '12345'), content }];
    },
  });
  await refused(
    'a chunk that is gone',
    {
      files: (tree) => [{ ...tree.file('0000.records', '12345'), content: { form: 'chunk', id: new Uint8Array(32) } }],
    },
    'OBJECT_MISSING',
  );
  const { repository, tree } = await makePlace(t);
  const file = encodeEntry({ ...tree.file('f', 'x'), name: new Uint8Array(0) });
  const scope = { scope: 'path:/f', path: Buffer.from('/f'), entry: file, files: 1, bytes: 1 };
  t.equal(isRecordScope(scope), false);
  await t.rejects(new RecordReader(repository, scope).collections(), TypeError);
});

t.test('names of files of records are file names, and each of one text', async (t) => {
  t.equal(recordFileName('session:a-B_9.@+'), 'session:a-B_9.@+');
  t.equal(recordFileName('.x/~%ü'), '%2Ex%2F%7E%25%C3%BC');
  t.equal(recordsPath('collection:a b'), '/_records/collection:a%20b');
  t.equal(collectionFile('sparks', 'list'), 'sparks.ndjson');
  t.equal(collectionFile('user_config', 'value'), 'user_config.json');
  const long = ['ü'.repeat(100), `${'ü'.repeat(99)}x`, 'x'.repeat(201), 'x'.repeat(200)].map(recordFileName);
  t.equal(new Set(long).size, 4);
  t.ok(long.every((name) => name.length <= 200 && !/%.?$/.test(name.split('~')[0]!)));
});
