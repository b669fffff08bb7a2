import t from 'tap';
import { CASTS, explore, RULES } from './protocol-model.js';

t.test('no order of steps of prune, backups, readers and crashes loses anything', async (t) => {
  let total = 0;
  for (const cast of CASTS) {
    const { states, loss } = explore(cast);
    t.equal(loss, undefined, loss?.join(' → ') ?? 'nothing is lost');
    total += states;
  }
  t.ok(total > 10_000, `${total} states`);
});

for (const rule of RULES) {
  t.test(`without the rule "${rule}" a loss is found`, async (t) => {
    const losses = CASTS.map((cast) => () => explore(cast, rule).loss);
    t.ok(losses.some((look) => look() !== undefined));
  });
}
