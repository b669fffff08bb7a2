import fc from 'fast-check';
import t from 'tap';
import type { RecordPart } from '../../../src/backup/records/record-source.js';
import { sliceData } from '../../../src/backup/records/slice-data.js';
import { recordId } from '../../../src/engine/records/record-id.js';
import { jsonText, parsed } from '../../engine/records/json-text.js';

async function partsOf(json: string | Uint8Array): Promise<RecordPart[]> {
  const all: RecordPart[] = [];
  for await (const parts of sliceData(Buffer.from(json))) all.push(...parts);
  return all;
}

/** The object that parts were cut from. */
function joined(parts: readonly RecordPart[]): unknown {
  const data: Record<string, unknown> = Object.create(null);
  for (const { collection, shape, json } of parts) {
    if (shape === 'value') data[collection] = parsed(json!)!.value;
    else if (json) (data[collection] as unknown[]).push(parsed(json)!.value);
    else data[collection] = [];
  }
  return Object.entries(data);
}

t.test('sliceData() gives the records that JSON.parse sees, each as the bytes that it is', async (t) => {
  await fc.assert(
    fc.asyncProperty(jsonText.object, async (text) => {
      const members: string[] = [];
      const value = JSON.parse(text) as Record<string, unknown>;
      // Names that stand there twice are refused: see below.
      JSON.parse(text, function count(this: unknown, name: string, one: unknown) {
        if (this !== value) members.push(name);
        return one;
      });
      let parts: RecordPart[];
      try {
        parts = await partsOf(text);
      } catch (error) {
        return /stands in the records twice/.test(String(error));
      }
      const slices = parts.flatMap(({ json }) => (json ? [Buffer.from(json).toString()] : []));
      const inOrder = slices.reduce((at, slice) => (at < 0 ? -1 : text.indexOf(slice, at) < 0 ? -1 : at + 1), 0);
      return JSON.stringify(joined(parts)) === JSON.stringify(Object.entries(value)) && inOrder >= 0;
    }),
    { numRuns: 500 },
  );
  t.pass('500 objects');
});

t.test('sliceData() keeps white space, escapes, numbers and duplicates of a record', async (t) => {
  const parts = await partsOf(
    ' { "a" : [ {"n":1.0e400} , 12345678901234567890 ,{"x":1,"x":2}\n], "\\u0062":{"t":"\\u00e9"},"c":[ ] }',
  );
  t.same(
    parts.map(({ collection, shape, json }) => [collection, shape, json && Buffer.from(json).toString()]),
    [
      ['a', 'list', undefined],
      ['a', 'list', '{"n":1.0e400}'],
      ['a', 'list', '12345678901234567890'],
      ['a', 'list', '{"x":1,"x":2}'],
      ['b', 'value', '{"t":"\\u00e9"}'],
      ['c', 'list', undefined],
    ],
  );
});

t.test('sliceData() refuses what is no object of collections', async (t) => {
  const refused = (json: string | Uint8Array, message: RegExp) =>
    t.rejects(partsOf(json), { code: 'USAGE', message }, String(json));
  await refused('[]', /a JSON object with a member for each collection/);
  await refused('', /a JSON object with a member/);
  await refused('{"a":[1],}', /at byte 9/);
  await refused('{"a":[1,]}', /at byte 8/);
  await refused('{"a":[1}', /at byte 7/);
  await refused('{"a":1} x', /at byte 8/);
  await refused('{"a":1', /ends too early/);
  await refused('{"a":1,"\\u0061":2}', /The collection "a" stands in the records twice/);
  await refused(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /not UTF-8/);
  await refused(Buffer.from('{"a":"\ud800"}', 'utf16le'), /not UTF-8|JSON object/);
});

t.test('recordId() is the one member `id` that is a string or number', async (t) => {
  const idOf = (json: string): string | undefined => {
    const id = recordId(Buffer.from(json));
    return id && Buffer.from(id).toString();
  };
  t.equal(idOf('{"a":{"id":1},"id":"x"}'), 'x');
  t.equal(idOf('{"\\u0069d":"\\u00e9\\n"}'), 'é\n');
  t.equal(idOf('{"id":-1.50E+3}'), '-1.50E+3');
  t.equal(idOf('{"id":12345678901234567890}'), '12345678901234567890');
  t.equal(idOf('{"id":""}'), '');
  t.equal(idOf(`{"id":"${'x'.repeat(1024)}"}`)?.length, 1024);
  for (const none of [
    '{}',
    '{"id":null}',
    '{"id":true}',
    '{"id":[1]}',
    '{"id":{}}',
    '{"id":"a","id":"a"}',
    '"id"',
    '[1]',
  ]) {
    t.equal(idOf(none), undefined, none);
  }
  t.equal(idOf(' { "id" : 7 , "a":{"b":"c"}}'), '7');
  t.equal(idOf('{"id":7,"a":{"id":8}}'), '7', 'what lies in a member is no member');
  t.equal(idOf('{"id":7,"a":"id"}'), '7', 'and a value no name');
  t.equal(idOf('{"id":7,"\\u0069d":7}'), undefined, 'twice, once with an escape');
  t.equal(idOf('[{"id":7}]'), undefined);
  t.equal(idOf('{"a":"id"}'), undefined);
  t.equal(idOf(`{"id":"${'x'.repeat(1025)}"}`), undefined, 'too long');
  t.equal(idOf('{"id":"\\ud800"}'), undefined, 'half a pair');
  t.equal(idOf('{"id":"\\ud83d\\ude00"}'), '😀');
});
