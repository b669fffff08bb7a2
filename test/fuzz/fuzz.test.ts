import t from 'tap';
import { fuzz } from './fuzz-run.js';
import { fuzzWatched } from './fuzz-watch.js';
import type { FuzzTarget } from './targets.js';

const SEED = 20_261_124;
const CASES = 250;

t.test('what nobody would make is refused, in time and in little memory', async (t) => {
  const { results, failures } = await fuzzWatched({ seed: SEED, cases: CASES, only: -1, names: [] });
  t.same(failures, []);
  t.ok(results.length >= 40, `${results.length} targets`);
  for (const { name, taken, refused } of results) {
    t.equal(taken + refused, CASES, name);
    // What one operation takes another does not.
    if (!name.startsWith('input of')) t.ok(taken > 0, `${name}: some were sound`);
  }
});

t.test('the harness finds a bound that is not checked, and memory taken by a claim', async (t) => {
  const numbers = Array.from({ length: 40 }, (_, i) => i);
  const find = (name: string, run: FuzzTarget['run'], seeds: readonly Uint8Array[]) =>
    fuzz({ name, run, seeds }, SEED, numbers).failures.length;
  // Takes a count for granted, as a reader without a bound would.
  const unbounded = (bytes: Uint8Array): void =>
    void Array.from({ length: bytes[0]! }, (_, i) => bytes[1 + i]!.toFixed());
  t.ok(find('unbounded', unbounded, [Uint8Array.of(3, 1, 2, 3)]) > 0);
  const hungry = (bytes: Uint8Array): void => void Buffer.alloc(bytes[0] === 0 ? 0 : 2 ** 27, 1);
  t.ok(find('hungry', hungry, [Uint8Array.of(0)]) > 0);
});
