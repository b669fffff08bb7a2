import { randomUUID } from 'node:crypto';
import t from 'tap';
import { LINE_BYTES_MAX } from '../../../src/backup/records/record-lines.js';
import { detectForm, type RecordForm, readRecords } from '../../../src/backup/records/record-text.js';

/** Bytes in pieces of that length. */
async function* pieces(text: string | Uint8Array, length = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function read(form: RecordForm, source: AsyncIterable<Uint8Array>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const parts of readRecords(form, source)) {
    for (const { collection, shape, json } of parts)
      all.push([collection, shape, json && Buffer.from(json).toString()]);
  }
  return all;
}

t.test('readRecords() takes a record a line, however the bytes come', async (t) => {
  const lines = [
    '{"collection":"sparks","record":{"id":1,"t":"\\u00e9é"}}\r',
    '',
    ' { "record" : [ 1 , 2 ] , "collection" : "\\u0061ctions" } ',
    '{"collection":"user_config","value":{"theme":"dark"}}',
    '{"collection":"empty"}',
    '{"collection":"sparks","record":null}',
  ].join('\n');
  const expected = [
    ['sparks', 'list', '{"id":1,"t":"\\u00e9é"}'],
    ['actions', 'list', '[ 1 , 2 ]'],
    ['user_config', 'value', '{"theme":"dark"}'],
    ['empty', 'list', undefined],
    ['sparks', 'list', 'null'],
  ];
  for (const length of [1, 2, 7, 64, 10_000])
    t.same(await read('ndjson', pieces(lines, length)), expected, `${length}`);
  t.same(await read('ndjson', pieces(`${lines}\n\n`)), expected, 'a line end at the end');
  t.same(await read('ndjson', pieces('')), []);
});

t.test('readRecords() names the line that it cannot read', async (t) => {
  const refused = (line: string | Uint8Array, message: RegExp) => {
    const text = Buffer.concat([Buffer.from('{"collection":"a","record":1}\n\n'), Buffer.from(line)]);
    return t.rejects(read('ndjson', pieces(text)), { code: 'USAGE', message, details: { line: 3 } }, String(line));
  };
  await refused(
    '{"collection":"a","record":1',
    /^Line 3 of the records cannot be read: JSON ends too early at byte 28\.$/,
  );
  await refused('{"collection":"a","record":1}}', /at byte 29/);
  await refused('{"collection":"a","record":1,"more":2}', /not of the form/);
  await refused('{"collection":"a","record":1,"value":2}', /not of the form/);
  await refused('{"collection":"a","collection":"b"}', /not of the form/);
  await refused('{"record":1}', /not of the form/);
  await refused('{"collection":7,"record":1}', /not of the form/);
  await refused('[1]', /does not go on with "\["/);
  await refused(Buffer.from('{"collection":"a","record":"é"}', 'latin1'), /not UTF-8/);
});

t.test('readRecords() holds no line beyond its limit', async (t) => {
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 2 ** 20;
      yield Buffer.alloc(2 ** 20, '1');
    }
  }
  await t.rejects(read('ndjson', endless()), { code: 'TOO_LARGE', message: /^Line 1 of the records has more than/ });
  t.ok(given <= LINE_BYTES_MAX + 2 ** 20, 'and asks for no more');
});

t.test('readRecords() bounds both forms', async (t) => {
  async function* spaces(): AsyncGenerator<Uint8Array> {
    const line = Buffer.alloc(2 ** 23, ' ');
    line[line.length - 1] = 0x0a;
    for (;;) yield line;
  }
  await t.rejects(read('json', spaces()), { code: 'TOO_LARGE', message: /more than 64 MiB\. Send them as NDJSON/ });
  await t.rejects(read('ndjson', spaces()), { code: 'TOO_LARGE', message: /more than 1024 MiB/ });
});

t.test('detectForm() tells lines from an object, and gives back every byte', async (t) => {
  const cases: [string, RecordForm][] = [
    ['{"collection":"a","record":1}', 'ndjson'],
    ['\n \n{"collection":"a"}\n{"collection":"b"}', 'ndjson'],
    ['', 'ndjson'],
    ['{"actions":[]}', 'json'],
    ['{\n"actions":[]\n}', 'json'],
    ['{"collection":"a","record":1,"more":2}', 'json'],
    ['no JSON', 'json'],
    [`{"a":["${randomUUID().repeat(3000)}"]}`, 'json'],
  ];
  for (const [text, form] of cases) {
    for (const length of [3, 100_000]) {
      const found = await detectForm(pieces(text, length));
      const parts: Uint8Array[] = [];
      for await (const part of found.bytes) parts.push(part);
      t.equal(found.form, form, text.slice(0, 40));
      t.ok(Buffer.concat(parts).equals(Buffer.from(text)));
    }
  }
});
