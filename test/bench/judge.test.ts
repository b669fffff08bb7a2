import t from 'tap';
import { type Bound, judge } from '../../bench/judge.js';
import { type Figure, median, type Sample, valuesOf } from '../../bench/sample.js';

function runs(program: string, values: readonly number[], figure: Figure = 'wall', step = 'first'): Sample[] {
  return values.map((value, round) => ({ step, program, round, figures: { [figure]: value } }));
}

const samples = [
  ...runs('ours', [4, 100, 5]),
  ...runs('restic', [12.5, 12, 13]),
  ...runs('borg', [20, 21, 10]),
  ...runs('cp -a', [1, 1, 1]),
];

t.test('median() takes the middle, the mean of two middles, nothing from nothing', async (t) => {
  t.equal(median([9, 1, 5]), 5);
  t.equal(median([9, 1, 5, 6]), 5.5);
  t.equal(median([]), undefined);
});

t.test('median() leaves its argument as it was', async (t) => {
  const values = [3, 1, 2];
  median(values);
  t.same(values, [3, 1, 2]);
});

t.test('valuesOf() picks one program, step and figure', async (t) => {
  t.same(valuesOf([...samples, ...runs('ours', [7], 'cpu')], 'first', 'ours', 'wall'), [4, 100, 5]);
  t.same(valuesOf(samples, 'restore', 'ours', 'wall'), []);
});

t.test('judge() compares medians as their time over ours', async (t) => {
  const bound: Bound = { kind: 'times', step: 'first', figure: 'wall', peer: 'restic', floor: 2.5, aim: 3.5 };
  const judgement = judge(bound, samples, 'ours');
  t.match(judgement, { ours: 5, peer: { name: 'restic', value: 12.5 }, reached: 2.5, floorMet: true, aimMet: false });
});

t.test('judge() takes as best the fastest peer, never a plain copy nor ourselves', async (t) => {
  const bound: Bound = { kind: 'times', step: 'first', figure: 'wall', peer: 'best', floor: 2.6 };
  const judgement = judge(bound, samples, 'ours');
  t.match(judgement, { peer: { name: 'restic' }, floorMet: false });
  t.notOk(judgement && 'aimMet' in judgement, 'no aim, no word on it');
});

t.test('judge() compares a share as ours over theirs, at most the bound', async (t) => {
  const stored = [
    ...runs('ours', [80], 'stored'),
    ...runs('restic', [100], 'stored'),
    ...runs('borg', [110], 'stored'),
  ];
  const bound: Bound = { kind: 'share', step: 'first', figure: 'stored', peer: 'best', floor: 0.88, aim: 0.79 };
  t.match(judge(bound, stored, 'ours'), { reached: 0.8, floorMet: true, aimMet: false });
});

t.test('judge() holds a limit against our figure alone', async (t) => {
  const bound: Bound = { kind: 'limit', step: 'first', figure: 'wall', floor: 4.9, aim: 5 };
  t.match(judge(bound, samples, 'ours'), { reached: 5, floorMet: false, aimMet: true });
});

t.test('judge() says nothing where a side was not measured', async (t) => {
  const bound: Bound = { kind: 'times', step: 'first', figure: 'wall', peer: 'kopia', floor: 1 };
  t.equal(judge(bound, samples, 'ours'), undefined);
  t.equal(judge({ ...bound, peer: 'restic' }, runs('restic', [1]), 'ours'), undefined);
});
