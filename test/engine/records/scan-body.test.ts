import fc from 'fast-check';
import t from 'tap';
import type { RecordPart } from '../../../src/backup/records/record-source.js';
import { sliceData } from '../../../src/backup/records/slice-data.js';
import { sha256 } from '../../../src/crypto/index.js';
import { JsonError } from '../../../src/engine/records/json-scanner.js';
import { placeOfMember } from '../../../src/engine/records/place-of-member.js';
import { recordId } from '../../../src/engine/records/record-id.js';
import { type RecordTable, RUN_FIELDS } from '../../../src/engine/records/record-table.js';
import { scanBody, scanData } from '../../../src/engine/records/scan-body.js';
import { ROW_BYTES_MAX, writeRow } from '../../../src/format/index.js';
import { jsonText } from './json-text.js';

/** What reading as a stream makes of records; undefined where it refuses them. */
async function streamed(json: Uint8Array): Promise<readonly RecordPart[] | undefined> {
  const all: RecordPart[] = [];
  try {
    for await (const parts of sliceData(json)) all.push(...parts);
    return all;
  } catch {
    return undefined;
  }
}

/** What a table says, in the words of a stream. */
function told(json: Uint8Array, { collections, ranges }: RecordTable): unknown[] {
  let record = 0;
  return collections.flatMap(({ name, shape, records }) => {
    const own = Array.from({ length: records }, () => {
      const offset = ranges[2 * record]!;
      return [name, shape, Buffer.from(json.subarray(offset, offset + ranges[2 * record++ + 1]!)).toString('latin1')];
    });
    return shape === 'list' ? [[name, shape, undefined], ...own] : own;
  });
}

function rowsOf(parts: readonly RecordPart[]): Buffer {
  return Buffer.concat(
    parts.flatMap(({ json }) => {
      const row = new Uint8Array(ROW_BYTES_MAX);
      return json ? [row.subarray(0, writeRow(row, 0, recordId(json), json.length))] : [];
    }),
  );
}

/** Whether the scan says of a body what the scanner and the stream say of it. */
async function agrees(body: Buffer): Promise<boolean> {
  const scan = await scanBody(body);
  let place: Awaited<ReturnType<typeof placeOfMember>>;
  try {
    place = await placeOfMember(body, 'data');
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return scan.problem === error.message && !scan.data && !scan.table;
  }
  if (scan.problem !== undefined || scan.data?.start !== place?.start || scan.data?.end !== place?.end) return false;
  if (!place) return !scan.table;
  const json = body.subarray(place.start, place.end);
  const parts = await streamed(json);
  if (!parts || !scan.table) return !parts && !scan.table;
  const same = parts.map((part) => [
    part.collection,
    part.shape,
    part.json && Buffer.from(part.json).toString('latin1'),
  ]);
  return (
    JSON.stringify(told(json, scan.table)) === JSON.stringify(same) &&
    Buffer.compare(scan.table.rows, rowsOf(parts)) === 0 &&
    Buffer.compare(scan.hash!, sha256(json)) === 0
  );
}

/** Records with names of several kinds. */
const named = fc.constantFrom(
  '[{"id":1,"id":2}]',
  '[{"id":"é"},{"\\u0069d":"\\u0079"}]',
  '[{"a":{"id":1}}, {"id":-1.5e3 }]',
);
const lists = fc
  .array(
    fc.tuple(fc.constantFrom('"a"', '"b"', '"\\u0061"', '"c/d"', '""'), fc.oneof(jsonText.list, jsonText.value, named)),
    {
      maxLength: 4,
    },
  )
  .map((members) => `{${members.map(([name, value]) => `${name}: ${value}`).join(' ,')}}`);
const bodies = fc
  .array(
    fc.tuple(fc.constantFrom('"user_id"', '"data"', '"d\\u0061ta"', '"x"'), fc.oneof(lists, lists, jsonText.value)),
    { maxLength: 3 },
  )
  .map((members) => ` {${members.map(([name, value]) => `${name} : ${value}`).join(',')}} `);

t.test('scanBody() says what the scanner and the stream say', async (t) => {
  await fc.assert(
    fc.asyncProperty(bodies, (body) => agrees(Buffer.from(body))),
    { numRuns: 1000 },
  );
  t.pass('1000 bodies');
});

t.test('scanBody() refuses what they refuse, in their words', async (t) => {
  const byte = fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Buffer.from('{}[]",:\\ 1')));
  await fc.assert(
    fc.asyncProperty(bodies, fc.array(fc.tuple(fc.nat(), byte), { maxLength: 2 }), fc.nat(), (text, flips, cut) => {
      const body = Buffer.from(text);
      for (const [at, value] of flips) body[at % body.length] = value;
      return agrees(body.subarray(0, cut % 4 === 0 ? cut % (body.length + 1) : body.length));
    }),
    { numRuns: 2000 },
  );
  t.same(await scanBody(Buffer.from([0x7b, 0xff, 0x7d])), { problem: 'It is not UTF-8, which shows at byte 0' });
  t.match(await scanBody(Buffer.from('{"data":{},"data":{}}')), { problem: /"data" stands there twice/ });
  t.match(await scanBody(Buffer.from('{"data":{"a":[1}}')), { problem: 'JSON does not go on with "}" at byte 15' });
});

t.test('scanBody() of what is hostile ends soon', async (t) => {
  const deep = Buffer.alloc(4 * 2 ** 20, '[');
  t.match(await scanBody(deep), { problem: /lies in itself more than/ });
  t.match(await scanBody(Buffer.concat([Buffer.from('{"data":'), deep])), { problem: /lies in itself more than/ });
  const digits = Buffer.concat([Buffer.from('{"data":{"a":['), Buffer.alloc(2 ** 20, '7'), Buffer.from(']}}')]);
  t.equal((await scanBody(digits)).table?.ranges[1], 2 ** 20);
});

t.test('scanBody() makes no table of more than a table holds', async (t) => {
  const many = (count: number): Buffer => Buffer.from(`{"data":{"a":[${'1,'.repeat(count - 1)}1]}}`);
  t.equal((await scanBody(many(2 ** 17))).table?.ranges.length, 2 ** 18);
  const more = await scanBody(many(2 ** 17 + 1));
  t.equal(more.table, undefined);
  t.match(more, { data: { start: 8 }, hash: Buffer });
  const collections = Array.from({ length: 1025 }, (_, i) => `"${i}":1`);
  t.equal((await scanBody(Buffer.from(`{"data":{${collections.join(',')}}}`))).table, undefined);
  t.equal(
    (await scanBody(Buffer.from(`{"data":{${collections.slice(1).join(',')}}}`))).table?.collections.length,
    1024,
  );
});

t.test('scanBody() ends runs of records, and each with its rows', async (t) => {
  const records = Array.from(
    { length: 1500 },
    (_, i) => `{"id":${i},"text":"${String(i).repeat(200).slice(0, 1000)}"}`,
  );
  const body = Buffer.from(`{"data":{"a":[${records.join(',')}],"b":[${records[0]}]}}`);
  const { runs, rows } = (await scanBody(body)).table!;
  const shown = [];
  for (let run = 0; run < runs.length; run += RUN_FIELDS.count)
    shown.push([...runs.subarray(run, run + RUN_FIELDS.count)]);
  t.ok(shown.length > 2, `${shown.length} runs`);
  t.same(shown.at(-1)!.slice(0, 2), [1, 1]);
  t.equal(
    shown.reduce((sum, run) => sum + run[RUN_FIELDS.records]!, 0),
    1501,
  );
  t.equal(
    shown.reduce((sum, run) => sum + run[RUN_FIELDS.rowBytes]!, 0),
    rows.length,
  );
});

t.test('scanData() takes one object, and white space around it', async (t) => {
  t.match(await scanData(Buffer.from(' {"a":[1 , 2]} ')), { ranges: Uint32Array.from([7, 1, 11, 1]) });
  for (const wrong of ['{"a":[1]}}', '[1]', '{"a":[1]', ''])
    t.equal(await scanData(Buffer.from(wrong)), undefined, wrong);
  t.equal(await scanData(Buffer.from([0x7b, 0x22, 0xc0, 0x22, 0x3a, 0x31, 0x7d])), undefined, 'no UTF-8');
});
