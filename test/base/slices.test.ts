import t from 'tap';
import { type Clock, Slices } from '../../src/base/index.js';

function makeClock(): Clock & { time: number } {
  return {
    time: 1000,
    now() {
      return this.time;
    },
    monotonic() {
      return this.time;
    },
  };
}

t.test('a slice is over after some milliseconds, and begins anew', async (t) => {
  const clock = makeClock();
  const slices = new Slices(clock);
  t.equal(slices.over, false);
  clock.time += 3;
  t.equal(slices.over, false);
  clock.time += 2;
  t.equal(slices.over, true);
  await slices.next();
  t.equal(slices.over, false);
});

t.test('works have one slice a turn of the event loop, one after another', async (t) => {
  const events: string[] = [];
  let working = 3;
  const work = async (name: string): Promise<void> => {
    const slices = new Slices(makeClock());
    for (let i = 0; i < 3; i++) {
      await slices.next();
      events.push(name);
    }
    working--;
  };
  const turns = (async () => {
    while (working > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      events.push('turn');
    }
  })();
  await Promise.all([work('a'), work('b'), work('c'), turns]);
  const slices = events.filter((event) => event !== 'turn');
  t.same(slices, ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c']);
  const text = events.join(' ');
  t.notMatch(text, /[abc] [abc]/, 'something else has its turn between any two slices');
});
