import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import t from 'tap';
import { createEngine } from '../../src/engine/index.js';

/** Nice values of this process's threads. */
function niceValues(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    // Behind the name in parentheses, which may hold anything: the 17th field of those that follow.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

t.test('a worker is less urgent than the main thread', { skip: process.platform !== 'linux' }, async (t) => {
  const engine = await createEngine({ threads: 2 });
  t.teardown(() => engine.close());
  const own = getPriority(0);
  t.same(new Set(niceValues()), new Set([own]));
  await Promise.all(engine.lanes.map((lane) => lane.call('write.abort', { session: 1 })));
  t.equal(
    niceValues().filter((nice) => nice === Math.min(19, own + 4)).length,
    own + 4 <= 19 ? 2 : niceValues().length,
  );
  t.equal(getPriority(0), own);
});
