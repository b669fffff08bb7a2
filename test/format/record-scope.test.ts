import fc from 'fast-check';
import t from 'tap';
import {
  COLLECTIONS_MAX,
  collectionFiles,
  decodeCollections,
  decodeRows,
  encodeCollections,
  RECORD_ID_BYTES_MAX,
  type RecordCollection,
  type RecordRow,
  ROW_BYTES_MAX,
  writeRow,
} from '../../src/format/index.js';

const collection = fc.record({
  name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  shape: fc.constantFrom('list' as const, 'value' as const),
  records: fc.nat(),
  bytes: fc.maxSafeNat(),
});

t.test('collections survive, and every cut is noticed', async (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(collection, { selector: ({ name }) => name, maxLength: 5 }), (given) => {
      const collections: RecordCollection[] = given.map((one) =>
        one.shape === 'value' ? { ...one, records: 1 } : one,
      );
      const bytes = encodeCollections(collections);
      t.same(decodeCollections(bytes, 'it'), collections);
      for (let end = 0; end < bytes.length; end++) {
        t.throws(() => decodeCollections(bytes.subarray(0, end), 'it'), { code: 'DATA_CORRUPT' });
      }
    }),
    { numRuns: 30 },
  );
});

t.test('decodeCollections() refuses what no writer makes', async (t) => {
  const of = (...bytes: (number | string)[]) =>
    Buffer.concat(bytes.map((part) => (typeof part === 'string' ? Buffer.from(part) : Uint8Array.of(part))));
  const refused = (bytes: Uint8Array, code: string, what: string) =>
    t.throws(() => decodeCollections(bytes, 'it'), { code }, what);
  t.same(decodeCollections(of(1, 1, 'a', 0, 0, 0), 'it'), [{ name: 'a', shape: 'list', records: 0, bytes: 0 }]);
  refused(of(1, 1, 'a', 0, 0, 0, 0), 'DATA_CORRUPT', 'bytes left over');
  refused(of(2, 1, 'a', 0, 0, 0, 1, 'a', 0, 0, 0), 'DATA_CORRUPT', 'a name twice');
  refused(of(1, 0, 0, 0, 0), 'DATA_CORRUPT', 'no name');
  refused(of(1, 1, 0xff, 0, 0, 0), 'DATA_CORRUPT', 'no UTF-8');
  refused(of(1, 1, 'a', 2, 0, 0), 'FORMAT_NEWER', 'a shape that is not known');
  refused(of(1, 1, 'a', 1, 2, 0), 'DATA_CORRUPT', 'a value of two records');
  const many = Array.from({ length: COLLECTIONS_MAX + 1 }, (_, i) => `c${i}`);
  const bytes = encodeCollections(many.map((name) => ({ name, shape: 'list', records: 0, bytes: 0 })));
  refused(bytes, 'DATA_CORRUPT', 'too many');
});

function rowsOf(rows: readonly RecordRow[]): Uint8Array {
  const out = new Uint8Array((rows.length + 1) * ROW_BYTES_MAX);
  let at = 0;
  for (const { id, length } of rows) at = writeRow(out, at, id === undefined ? id : Buffer.from(id), length);
  return out.subarray(0, at);
}

t.test('rows of keys survive in whatever pieces they come', async (t) => {
  const row = fc.record({
    id: fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }), { nil: undefined }),
    length: fc.integer({ min: 1 }),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 200 }), fc.integer({ min: 1, max: 3000 }), (rows, step) => {
      const bytes = rowsOf(rows);
      const found: RecordRow[] = [];
      let rest: Uint8Array = new Uint8Array(0);
      for (let at = 0; at < bytes.length; at += step) {
        const piece = Buffer.concat([rest, bytes.subarray(at, at + step)]);
        const { rows: some, used } = decodeRows(piece, false, 'it');
        found.push(...some);
        rest = piece.subarray(used);
      }
      found.push(...decodeRows(rest, true, 'it').rows);
      t.same(found, rows);
    }),
    { numRuns: 50 },
  );
});

t.test('decodeRows() refuses what no writer makes', async (t) => {
  const longest = rowsOf([{ id: 'x'.repeat(RECORD_ID_BYTES_MAX), length: Number.MAX_SAFE_INTEGER }]);
  t.equal(decodeRows(longest, true, 'it').rows[0]?.id?.length, RECORD_ID_BYTES_MAX);
  const refused = (bytes: Uint8Array) => t.throws(() => decodeRows(bytes, true, 'it'), { code: 'DATA_CORRUPT' });
  refused(rowsOf([{ id: 'x'.repeat(RECORD_ID_BYTES_MAX + 1), length: 1 }]));
  refused(rowsOf([{ id: undefined, length: 0 }]));
  refused(Uint8Array.of(2, 0xff, 1));
  refused(Uint8Array.of(3, 0x61));
  refused(Uint8Array.of(0));
});

t.test('collectionFiles() keeps the order of numbers', async (t) => {
  const names = [0, 1, 9, 10, 1023].map((number) => collectionFiles(number).records);
  t.same([...names].sort(), names);
  t.same(collectionFiles(12), { keys: '0012.keys', records: '0012.records' });
});
