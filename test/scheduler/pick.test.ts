import fc from 'fast-check';
import t from 'tap';
import { type Claim, Claims } from '../../src/scheduler/claims.js';
import { pickNext } from '../../src/scheduler/pick.js';

interface Named extends Claim {
  readonly name: string;
}

function job(name: string, user: string | undefined, access: Claim['access']): Named {
  return { name, user, access };
}

const limits = { writers: 2, readers: 2 };
const noTurns = () => 0;

t.test('pickNext() takes the first of those that nothing hinders', async (t) => {
  const waiting = [job('a', 'ana', 'write'), job('b', 'ben', 'write')];
  t.equal(pickNext(waiting, [], limits, noTurns)?.name, 'a');
  t.equal(pickNext(waiting, [job('x', 'ana', 'write')], limits, noTurns)?.name, 'b');
  t.equal(pickNext([], [], limits, noTurns), undefined);
});

t.test('pickNext() lets a user have one writer, and readers beside it', async (t) => {
  const writing = [job('x', 'ana', 'write')];
  t.equal(pickNext([job('a', 'ana', 'write')], writing, limits, noTurns), undefined);
  t.equal(pickNext([job('a', 'ana', 'read')], writing, limits, noTurns)?.name, 'a');
  t.equal(pickNext([job('a', 'ana', 'exclusive')], [job('x', 'ana', 'read')], limits, noTurns), undefined);
  t.equal(pickNext([job('a', 'ana', 'read')], [job('x', 'ana', 'exclusive')], limits, noTurns), undefined);
});

t.test('pickNext() takes a job without a user for one of every user', async (t) => {
  t.equal(pickNext([job('a', undefined, 'exclusive')], [job('x', 'ana', 'read')], limits, noTurns), undefined);
  t.equal(pickNext([job('a', 'ana', 'read')], [job('x', undefined, 'exclusive')], limits, noTurns), undefined);
  t.equal(pickNext([job('a', undefined, 'read')], [job('x', 'ana', 'write')], limits, noTurns)?.name, 'a');
  t.equal(pickNext([job('a', undefined, 'write')], [job('x', 'ana', 'write')], limits, noTurns), undefined);
});

t.test('pickNext() keeps to the limits of writers and of readers, each by itself', async (t) => {
  const writers = [job('x', 'x', 'write'), job('y', 'y', 'exclusive')];
  t.equal(pickNext([job('a', 'ana', 'write')], writers, limits, noTurns), undefined);
  t.equal(pickNext([job('a', 'ana', 'read')], writers, limits, noTurns)?.name, 'a');
  const readers = [job('x', 'x', 'read'), job('y', 'y', 'read')];
  t.equal(pickNext([job('a', 'ana', 'read')], readers, limits, noTurns), undefined);
});

t.test('pickNext() lets no later job past one of the same user that it does not get along with', async (t) => {
  const running = [job('x', 'ana', 'write')];
  const waiting = [job('rebuild', 'ana', 'exclusive'), job('late', 'ana', 'read'), job('other', 'ben', 'read')];
  t.equal(pickNext(waiting, running, limits, noTurns)?.name, 'other');
  t.equal(pickNext(waiting.slice(0, 2), running, limits, noTurns), undefined);
});

t.test('pickNext() gives the turn to the user who has waited longest for one', async (t) => {
  const waiting = [job('a1', 'ana', 'write'), job('a2', 'ana', 'write'), job('b', 'ben', 'write')];
  const turns = new Map<string | undefined, number>([['ana', 5]]);
  t.equal(pickNext(waiting, [], limits, (user) => turns.get(user) ?? 0)?.name, 'b');
  turns.set('ben', 6);
  t.equal(pickNext(waiting, [], limits, (user) => turns.get(user) ?? 0)?.name, 'a1');
});

t.test('what runs at once always gets along, and everything gets its turn', async (t) => {
  const claim = fc.record({
    user: fc.constantFrom('ana', 'ben', undefined),
    access: fc.constantFrom<Claim['access']>('read', 'write', 'exclusive'),
  });
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 30 }), fc.array(fc.nat(), { minLength: 30 }), (jobs, ends) => {
      const waiting = new Set(jobs);
      const running: Claim[] = [];
      let turn = 0;
      const turns = new Map<string | undefined, number>();
      for (let step = 0; waiting.size + running.length > 0; step++) {
        if (step > 4 * jobs.length) return false;
        const next = pickNext(waiting, running, limits, (user) => turns.get(user) ?? 0);
        if (!next) {
          running.splice(ends[step % ends.length]! % running.length, 1);
          continue;
        }
        const claims = new Claims();
        for (const one of running) claims.add(one);
        if (claims.conflicts(next)) return false;
        waiting.delete(next);
        running.push(next);
        turns.set(next.user, ++turn);
      }
      return true;
    }),
  );
  t.pass('for every order');
});
