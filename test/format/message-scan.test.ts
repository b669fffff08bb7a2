import { ExtensionCodec, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import t from 'tap';
import { concatBytes, fromHex, utf8 } from '../../src/base/index.js';
import { decodeLogEntry } from '../../src/format/index.js';
import { scanBody } from '../../src/format/message-scan.js';
import { codeOf } from './samples.js';

function code(bytes: Uint8Array): string | undefined {
  return codeOf(() => scanBody(bytes, 'a test'));
}

function nested(depth: number): unknown {
  return depth === 1 ? 5 : [nested(depth - 1)];
}

t.test('scanBody() accepts what the encoder writes without floats and extensions', (t) => {
  const seed = 3;
  t.comment(`seed ${seed}`);
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.maxSafeInteger(),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.uint8Array({ maxLength: 70_000 }),
      fc.constantFrom(null, true, false),
      fc.array(tie('value'), { maxLength: 20 }),
      fc.dictionary(fc.string({ maxLength: 40 }), tie('value'), { maxKeys: 20 }),
    ),
  }));
  fc.assert(
    fc.property(value, (tree) => code(encode(tree)) === undefined),
    { seed, numRuns: 500 },
  );
  t.pass('500 bodies');
  t.end();
});

t.test('scanBody() takes or refuses random bytes, and never fails otherwise', (t) => {
  const seed = 4;
  t.comment(`seed ${seed}`);
  const property = fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) =>
    [undefined, 'DATA_CORRUPT'].includes(code(bytes)),
  );
  fc.assert(property, { seed, numRuns: 20_000 });
  t.pass('20,000 runs of bytes');
  t.end();
});

t.test('scanBody() refuses floats, extensions, other keys, broken text, depth and left-over bytes', (t) => {
  const extension = new ExtensionCodec();
  extension.register({
    type: 1,
    encode: (value) => (value instanceof Set ? new Uint8Array(3) : null),
    decode: () => 0,
  });
  const cases: [string, Uint8Array][] = [
    ['a double', encode({ a: 1.5 })],
    ['a float', fromHex('ca00000000')],
    ['an extension', encode(new Set(), { extensionCodec: extension })],
    ['a time', encode(new Date(0))],
    ['the unused type byte', fromHex('c1')],
    ['a number as key', fromHex('810105')],
    ['nil as key', fromHex('81c005')],
    ['text that is not UTF-8', fromHex('a1ff')],
    ['half a surrogate pair', fromHex('a3eda080')],
    ['a key that is not UTF-8', fromHex('81a1ff05')],
    ['nothing', new Uint8Array(0)],
    ['two values', fromHex('0505')],
    ['nine levels', encode(nested(9))],
    ['a text of 64 KiB and one byte', encode('x'.repeat(65537))],
    ['a map of 65', encode(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, i])))],
  ];
  for (const [name, bytes] of cases) t.equal(code(bytes), 'DATA_CORRUPT', name);
  t.equal(code(encode(nested(8))), undefined);
  t.end();
});

t.test('claims of millions of elements allocate nothing', (t) => {
  const claim = fromHex('dd000fffff');
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 50; round++) {
    for (const depth of [1, 7, 100]) {
      const bytes = concatBytes([fromHex('81a170'), ...Array.from({ length: depth }, () => claim)]);
      if (codeOf(() => decodeLogEntry(bytes)) !== 'DATA_CORRUPT') t.fail('accepted');
    }
    for (const hex of ['dfffffffff', 'c6ffffffff', 'dbffffffff', 'ddffffffff']) {
      if (codeOf(() => decodeLogEntry(concatBytes([fromHex(hex), utf8('short')]))) !== 'DATA_CORRUPT') t.fail(hex);
    }
  }
  // One allocation by the least of the claims would be 8 MB.
  t.ok(process.memoryUsage().heapUsed - before < 8e6);
  t.end();
});

t.test('a body cannot reach a prototype', (t) => {
  for (const key of ['__proto__', 'constructor', 'toString']) {
    const bytes = concatBytes([fromHex('81'), encode(key), encode({ kind: 'merge', polluted: 1 })]);
    t.ok(
      codeOf(() => decodeLogEntry(bytes)),
      key,
    );
  }
  t.equal(({} as { polluted?: number }).polluted, undefined);
  t.end();
});
