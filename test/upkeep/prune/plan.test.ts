import t from 'tap';
import { type JudgedPack, planPrune } from '../../../src/upkeep/prune/plan.js';

const MB = 1e6;
const pack = (i: number, length: number, live = 1): JudgedPack => ({ pack: `${i}`, length, live, damaged: false });

t.test('a thousand sessions of a megabyte become few packs, each byte moved once, and nothing counts as going', (t) => {
  const sessions = Array.from({ length: 1000 }, (_, i) => pack(i, MB));
  const { groups, dead, goingBytes } = planPrune(sessions);
  t.same([dead.length, goingBytes], [0, 0]);
  t.same(groups.flat(), sessions, 'in their order');
  // Each group fills packs of 32 MiB.
  t.ok(groups.length <= 16, String(groups.length));
  t.same(planPrune(Array.from({ length: 32 }, (_, i) => pack(i, 32 * 2 ** 20))).groups, [], 'and then no more');
  t.end();
});

t.test('what is half empty is written again, what is all but full or damaged is not', (t) => {
  const given = [
    pack(1, 10 * MB, 0.4),
    pack(2, 10 * MB, 0.6),
    { ...pack(3, 10 * MB, 0.1), damaged: true },
    pack(4, MB, 0),
  ];
  const { groups, dead, goingBytes } = planPrune(given);
  t.same([groups, dead, goingBytes], [[[given[0]]], [given[3]], 7 * MB]);
  t.end();
});
