import t from 'tap';
import { barChart } from '../../bench/plot.js';
import { judgementsTable, judgeRows, mediansTable, openRows, shortRows } from '../../bench/report.js';
import type { Row } from '../../bench/row.js';
import { ROWS, rowsNamed } from '../../bench/rows/all.js';
import type { Sample } from '../../bench/sample.js';
import { markdownTable, plainTable } from '../../bench/table.js';
import { WORKLOADS } from '../../bench/workloads/all.js';

const samples: Sample[] = [
  { step: 'first', program: 'ours', round: 0, figures: { wall: 4, stored: 200e6 } },
  { step: 'first', program: 'restic', round: 0, figures: { wall: 12, stored: 250e6 } },
];

const rows: Row[] = [
  {
    name: 'A',
    title: 'met',
    workload: 'kernel',
    bounds: [{ kind: 'times', step: 'first', figure: 'wall', peer: 'restic', floor: 2.5, aim: 3.5 }],
  },
  {
    name: 'B',
    title: 'missed, and partly not measured',
    workload: 'kernel',
    bounds: [
      { kind: 'share', step: 'first', figure: 'stored', peer: 'best', floor: 0.7 },
      { kind: 'limit', step: 'restore', figure: 'wall', floor: 10 },
    ],
  },
];

t.test('judgementsTable() shows figures, ratio, floor, verdict and aim', async (t) => {
  t.same(judgementsTable(judgeRows(rows, samples, 'ours')).lines, [
    ['A', 'first', 'wall time', '4.00 s', 'restic 12.0 s', '3.00×', '≥ 2.5×', 'PASS', '≥ 3.5×', 'no'],
    ['B', 'first', 'stored bytes', '200 MB', 'restic 250 MB', '0.80×', '≤ 0.7×', 'SHORT', '–', '–'],
  ]);
});

t.test('shortRows() and openRows() name what falls short and what is missing', async (t) => {
  const judged = judgeRows(rows, samples, 'ours');
  t.same(shortRows(judged), ['B']);
  t.same(openRows(judged), ['B']);
});

t.test('mediansTable() has a line for each step and program', async (t) => {
  const lines = mediansTable(samples).lines;
  t.same(
    lines.map((line) => line.slice(0, 4)),
    [
      ['first', 'ours', '4.00 … 4.00 s', '4.00 s'],
      ['first', 'restic', '12.00 … 12.00 s', '12.0 s'],
    ],
  );
});

t.test('tables come plain and as Markdown', async (t) => {
  const table = { head: ['a', 'long'], lines: [['value', 'b']] };
  t.equal(plainTable(table), 'a      long\n-----  ----\nvalue  b');
  t.equal(markdownTable(table), '| a | long |\n| --- | --- |\n| value | b |');
});

t.test('barChart() scales to the greatest run and escapes its words', async (t) => {
  const bars = [
    { label: 'x & y', value: 2, least: 1, greatest: 4 },
    { label: 'z', value: 1, least: 1, greatest: 1 },
  ];
  const svg = barChart('a < b', [{ label: 'step', bars }], (value) => `${value} s`);
  t.match(svg, 'a &lt; b');
  t.match(svg, 'x &amp; y');
  t.match(svg, /<rect x="190" y="44" width="235.0"/, 'half of the scale');
  t.match(svg, /<rect x="190" y="66" width="117.5"/, 'a quarter of it');
});

t.test('rowsNamed() finds a row, a workload, all, and refuses other names', async (t) => {
  t.same(
    rowsNamed('p3').map((row) => row.name),
    ['P3'],
  );
  t.ok(rowsNamed('kernel').length >= 10);
  t.same(rowsNamed('all'), ROWS);
  t.throws(() => rowsNamed('P99'), /Unknown row "P99"/);
});

t.test('every row has a name of its own and a workload that exists', async (t) => {
  t.equal(new Set(ROWS.map((row) => row.name)).size, ROWS.length);
  for (const row of ROWS) t.ok(WORKLOADS.has(row.workload), `${row.name} names ${row.workload}`);
});
