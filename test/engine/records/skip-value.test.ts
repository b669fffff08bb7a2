import fc from 'fast-check';
import t from 'tap';
import { JSON_DEPTH_MAX, JsonError, valueEnd } from '../../../src/engine/records/json-scanner.js';
import { idOf, recordId, stringIs } from '../../../src/engine/records/record-id.js';
import { skipValue } from '../../../src/engine/records/skip-value.js';
import { jsonText } from './json-text.js';

/** Where the scanner says that the value ends, −1 where it refuses it, and the places of the members `id`. */
function scanned(bytes: Uint8Array): { end: number; starts: number[] } {
  const starts: number[] = [];
  try {
    const end = valueEnd(bytes, 0, bytes.length, (nameStart, nameEnd, valueStart) => {
      if (stringIs(bytes, nameStart, nameEnd, 'id')) starts.push(valueStart);
    });
    return { end, starts };
  } catch (error) {
    if (error instanceof JsonError) return { end: -1, starts: [] };
    throw error;
  }
}

function agrees(bytes: Buffer): boolean {
  const { end, starts } = scanned(bytes);
  const ids = { count: 0, valueStart: 0 };
  if (skipValue(bytes, 0, bytes.length, ids) !== end) return false;
  return end < 0 || (ids.count === starts.length && (ids.count === 0 || ids.valueStart === starts.at(-1)));
}

const named = fc
  .array(
    fc.tuple(fc.constantFrom('"id"', '"i\\u0064"', '"\\u0069d"', '"ID"', '"\\u0069\\u0064"', '"di"'), jsonText.value),
  )
  .map((members) => `{${members.map(([name, value]) => `${name} :${value}`).join(',')}}`);

t.test('skipValue() finds the end and the ids that the scanner finds', async (t) => {
  fc.assert(
    fc.property(fc.oneof(jsonText.value, named), fc.constantFrom('', ' ', ',', ']', '}x', '\n{'), (text, more) =>
      agrees(Buffer.from(text + more)),
    ),
    { numRuns: 1000 },
  );
  t.pass('1000 values');
});

t.test('skipValue() refuses what the scanner refuses', async (t) => {
  const byte = fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Buffer.from('{}[]",:\\u0tfn-+.eE19 \t')));
  fc.assert(
    fc.property(
      fc.oneof(jsonText.value, named),
      fc.array(fc.tuple(fc.nat(), byte), { maxLength: 3 }),
      fc.nat(),
      (text, flips, cut) => {
        const bytes = Buffer.from(text);
        for (const [at, value] of flips) bytes[at % bytes.length] = value;
        return agrees(bytes.subarray(0, cut % 4 === 0 ? cut % (bytes.length + 1) : bytes.length));
      },
    ),
    { numRuns: 3000 },
  );
  for (const odd of [
    '-',
    '01',
    '1.',
    '1e',
    '1e+',
    '.5',
    '"\\',
    '"\\u12',
    '"\\u12g4"',
    'tru',
    'nulL',
    '"\u001f"',
    '',
    '[1,]',
    '{"a"}',
    '{"a":1,}',
  ]) {
    t.ok(agrees(Buffer.from(odd)), JSON.stringify(odd));
  }
});

t.test('skipValue() takes values as deep as told, and no deeper', async (t) => {
  for (const depth of [JSON_DEPTH_MAX, JSON_DEPTH_MAX + 1]) {
    for (const [opening, closing] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const bytes = Buffer.from(`${opening.repeat(depth)}1${closing.repeat(depth)}`);
      t.equal(
        skipValue(bytes, 0, bytes.length, { count: 0, valueStart: 0 }),
        depth > JSON_DEPTH_MAX ? -1 : bytes.length,
      );
      t.ok(agrees(bytes));
    }
  }
});

t.test('idOf() reads an id as recordId() does', async (t) => {
  fc.assert(
    fc.property(jsonText.value, (value) => {
      const json = Buffer.from(`{"id":${value}}`);
      const [own, known] = [idOf(json, json.indexOf(value, 6)), recordId(json)];
      return own === undefined ? known === undefined : known !== undefined && Buffer.compare(own, known) === 0;
    }),
    { numRuns: 500 },
  );
  for (const length of [1024, 1025]) {
    const json = Buffer.from(`{"id":"${'x'.repeat(length)}"}`);
    t.equal(idOf(json, 6)?.length, length > 1024 ? undefined : length);
  }
});
