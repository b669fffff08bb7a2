import t from 'tap';
import { keyLines, lineOf } from '../../src/daemon/config/key-lines.js';

t.test('keyLines() finds keys behind everything that looks like one', async (t) => {
  const text = [
    '# a = 1',
    'top = "x = 1 # no comment"',
    '[a.b] # table',
    "'quoted.key' = [",
    '  1, # [not] a = header',
    '  "]", { inner = 2 },',
    ']',
    'text = """',
    'fake = 1',
    '[fake.table]',
    '\\""""',
    "raw = '''",
    "it's = 2'''",
    'dotted . deep="v\\"" ',
    '[[list]]',
    'x = 1',
    '[[list]]',
    'x = { y = 1, z = "}" }',
    '[list.sub]',
    'x = 3',
    '[[list.inner]]',
    '[[list.inner]]',
    'x = 4',
    '["odd name"]',
    'x = 5',
  ].join('\n');
  t.strictSame(Object.fromEntries(keyLines(text)), {
    top: 2,
    'a.b': 3,
    'a.b.quoted.key': 4,
    'a.b.text': 8,
    'a.b.raw': 12,
    'a.b.dotted.deep': 14,
    'list.0': 15,
    'list.0.x': 16,
    'list.1': 17,
    'list.1.x': 18,
    'list.1.sub': 19,
    'list.1.sub.x': 20,
    'list.1.inner.0': 21,
    'list.1.inner.1': 22,
    'list.1.inner.1.x': 23,
    'odd name': 24,
    'odd name.x': 25,
  });
});

t.test('lineOf() falls back to the table around', async (t) => {
  const lines = keyLines('[a.b]\nc = 1\n');
  t.equal(lineOf(lines, ['a', 'b', 'c']), 2);
  t.equal(lineOf(lines, ['a', 'b', 'missing']), 1);
  t.equal(lineOf(lines, ['a', 'b', 'c', 0]), 2);
  t.equal(lineOf(lines, ['other']), undefined);
});
