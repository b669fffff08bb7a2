import t from 'tap';
import { isWithin, joinPath, nearest, pathReadings, splitPath } from '../../src/api/index.js';
import { jsonText, pathFields } from '../../src/base/index.js';
import { parseSize, parseThreads, parseWhole } from '../../src/cli/parse-number.js';
import { formatTable } from '../../src/cli/table.js';
import { formatBytes, formatCount, formatDuration, formatSaving } from '../../src/cli/units.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const text = (value: Uint8Array): string => Buffer.from(value).toString('latin1');

t.test('parseSize() reads bytes and powers of 1024', async (t) => {
  const sizes = {
    '0': 0,
    '500': 500,
    '64K': 65_536,
    '1.5k': 1536,
    '2GiB': 2 ** 31,
    '3 MB': 3 * 2 ** 20,
    '1T': 2 ** 40,
  };
  for (const [given, expected] of Object.entries(sizes)) t.equal(parseSize(given), expected, given);
  for (const wrong of ['', 'K', '-1', '1e3', '1Kx', '99999999T', '1,5M']) {
    t.throws(() => parseSize(wrong), { code: 'USAGE', message: /Not a size: .* such as 500M/ }, wrong);
  }
});

t.test('parseWhole() names the option and its bounds', async (t) => {
  t.equal(parseWhole('19', '--level', 1, 19), 19);
  for (const wrong of ['20', '0', '1.5', 'x', '', '1e1']) {
    t.throws(() => parseWhole(wrong, '--level', 1, 19), { code: 'USAGE', message: /--level takes .* from 1 to 19/ });
  }
  t.equal(parseThreads('0'), 0);
});

t.test('sizes, counts and durations keep three digits', async (t) => {
  const told = [0, 999, 1000, 1024, 1536, 10 * 1024, 1_048_000, 2 ** 20, 5.5 * 2 ** 30, 2 ** 60].map(formatBytes);
  t.same(told, [
    '0 B',
    '999 B',
    '0.98 KiB',
    '1.00 KiB',
    '1.50 KiB',
    '10.0 KiB',
    '1.00 MiB',
    '1.00 MiB',
    '5.50 GiB',
    '1024 PiB',
  ]);
  t.same([0, 999, 1000, 1234567].map(formatCount), ['0', '999', '1,000', '1,234,567']);
  const durations = [0, 994, 995, 3400, 59_949, 59_950, 125_000, 11_220_000].map(formatDuration);
  t.same(durations, ['0 ms', '994 ms', '1.0 s', '3.4 s', '59.9 s', '1 m 00 s', '2 m 05 s', '3 h 07 m']);
  t.equal(formatSaving(168, 1000), '83.2 % smaller');
  t.equal(formatSaving(1, 100_000), '99.9 % smaller', 'never all of it');
  t.equal(formatSaving(5, 5), undefined);
  t.equal(formatSaving(0, 0), undefined);
});

t.test('formatTable() aligns by characters and leaves no space at the end', async (t) => {
  const columns = [
    { title: 'Name', cell: (row: readonly [string, number]) => row[0] },
    { title: 'N', right: true, cell: (row: readonly [string, number]) => String(row[1]) },
    { title: 'Last', cell: () => '' },
  ];
  const rows = [
    ['añ😀', 1],
    ['abcdef', 100],
  ] as const;
  t.same(formatTable(columns, rows), ['Name      N  Last', 'añ😀       1', 'abcdef  100']);
  t.same(formatTable(columns, []), ['Name  N  Last']);
});

t.test('nearest() finds a slip of the finger and nothing far', async (t) => {
  const names = ['ana', 'bernardo', 'carla@example.org'];
  t.equal(nearest('anna', names), 'ana');
  t.equal(nearest('nAa', names), 'ana', 'two letters swapped');
  t.equal(nearest('bernrado', names), 'bernardo');
  t.equal(nearest('carla@example.com', names), 'carla@example.org');
  t.equal(nearest('zoe', names), undefined);
  t.equal(nearest('x', []), undefined);
});

t.test('pathReadings() gives the path as typed, then with its escaped bytes', async (t) => {
  t.same(pathReadings('srv//ana/../b').map(text), ['/srv/b']);
  t.same(pathReadings('/caf\\xe9/x').map(text), ['/caf\\xe9/x', '/café/x']);
  t.ok(isWithin(bytes('/a/b'), bytes('/a')));
  t.ok(isWithin(bytes('/a'), bytes('/')));
  t.notOk(isWithin(bytes('/ab'), bytes('/a')));
  t.notOk(isWithin(bytes('/a'), bytes('/a/b')));
  t.same(splitPath(bytes('//a/b/')).map(text), ['a', 'b']);
  t.equal(text(joinPath(bytes('/'), bytes('a'))), '/a');
  t.equal(text(joinPath(bytes('/a'), bytes('b'))), '/a/b');
});

t.test('jsonText() escapes what a terminal acts upon, and pathFields() keeps stray bytes', async (t) => {
  const hostile = 'a\u001b[31m\u009b2J\u007f\u202egnp.exe\u2028';
  const json = jsonText({ hostile });
  t.match(json, /^[\x20-\x7e]*$/);
  t.same(JSON.parse(json), { hostile });
  t.same(pathFields('path', bytes('/plain')), { path: '/plain' });
  t.same(pathFields('path', bytes('/caf\xe9')), { path: '/caf\\xe9', path_b64: 'L2NhZuk=' });
});
