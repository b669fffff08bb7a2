import fc from 'fast-check';
import t from 'tap';
import {
  JSON_DEPTH_MAX,
  JsonError,
  JsonScanner,
  spaceEnd,
  valueEnd,
} from '../../../src/engine/records/json-scanner.js';
import { jsonText, parsed } from './json-text.js';

/** Whether the bytes are one value with white space around it. */
function accepts(text: string): boolean {
  const bytes = Buffer.from(text);
  try {
    return spaceEnd(bytes, valueEnd(bytes, 0, bytes.length), bytes.length) === bytes.length;
  } catch (error) {
    if (error instanceof JsonError) return false;
    throw error;
  }
}

t.test('valueEnd() finds the end of what JSON.parse takes', async (t) => {
  fc.assert(
    fc.property(jsonText.value, fc.constantFrom('', ' ', ',', ']', '}x', '\n{'), (text, more) => {
      const bytes = Buffer.from(text);
      return valueEnd(Buffer.concat([bytes, Buffer.from(more)]), 0, bytes.length) === bytes.length && accepts(text);
    }),
    { numRuns: 500 },
  );
  t.pass('500 values');
});

t.test('valueEnd() refuses what JSON.parse refuses, and nothing else', async (t) => {
  const mutation = fc.record({
    at: fc.nat(),
    cut: fc.nat({ max: 2 }),
    put: fc.oneof(
      fc.constantFrom('', ',', ':', '{', '}', '[', ']', '"', '\\', 'e', '.', '-', '+', '0', '1', 'u', '\u0000', '\t'),
      fc.constantFrom('true', 'nul', '\\u00', '01', '1.', '/', '\u00a0', '\ufeff', "'", '//', 'NaN'),
    ),
  });
  fc.assert(
    fc.property(jsonText.value, fc.array(mutation, { minLength: 1, maxLength: 3 }), (text, mutations) => {
      let changed = Array.from(text);
      for (const { at, cut, put } of mutations) changed.splice(at % (changed.length + 1), cut, put);
      changed = [changed.join('')];
      // Half a pair that was cut apart is no UTF-8 any more.
      fc.pre(!/\p{Cs}/u.test(changed[0]!));
      return accepts(changed[0]!) === (parsed(changed[0]!) !== undefined);
    }),
    { numRuns: 1500 },
  );
  for (const text of ['', ' ', '01', '-', '1.', '1e', '.5', '+1', '"\t"', '"\\x"', '"\\u12g4"', 'tru', '[1,]', '{,}']) {
    t.notOk(accepts(text), JSON.stringify(text));
  }
  for (const text of [
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{1:2}',
    '[1 2]',
    '"',
    '"\\',
    '"\\u1',
    '[',
    '{"a":1',
    'nulls',
    '1 1',
  ]) {
    t.notOk(accepts(text), JSON.stringify(text));
  }
});

t.test('JsonScanner goes on where it stopped, and tells of the outermost members only', async (t) => {
  fc.assert(
    fc.property(jsonText.object, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (text, steps) => {
      const bytes = Buffer.from(text);
      const names: string[] = [];
      const scanner = new JsonScanner(bytes, 0, bytes.length, (from, end, value) => {
        names.push(JSON.parse(bytes.toString('utf8', from, end)) as string);
        if (valueEnd(bytes, value, bytes.length) > bytes.length) throw new Error('A value begins elsewhere.');
      });
      for (let i = 0; !scanner.run(steps[i % steps.length]!); i++);
      const expected = Object.keys(JSON.parse(text) as object).sort();
      return scanner.at === bytes.length && [...new Set(names)].sort().join('\n') === expected.join('\n');
    }),
    { numRuns: 300 },
  );
  t.pass('300 objects');
});

t.test('valueEnd() takes values as deep as told, and no deeper', async (t) => {
  const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  t.ok(accepts(deep(JSON_DEPTH_MAX)));
  t.throws(() => valueEnd(Buffer.from(deep(JSON_DEPTH_MAX + 1)), 0, 2 * JSON_DEPTH_MAX + 2), /more than 512 times/);
  const million = Buffer.from('[{"a":'.repeat(200_000));
  t.throws(() => valueEnd(million, 0, million.length), JsonError);
});
