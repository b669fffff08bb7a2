import fc from 'fast-check';
import t from 'tap';
import { type Claim, clash } from '../../src/scheduler/claims.js';
import { LineUp, type QueueLimits, type Waiter } from '../../src/scheduler/line-up.js';
import { PRIORITIES, type Priority } from '../../src/scheduler/priority.js';

interface Named extends Waiter {
  readonly name: string;
}

function job(
  name: string,
  user: string | undefined,
  access: Claim['access'] = 'write',
  priority: Priority = 'manual',
): Named {
  return { name, user, access, priority };
}

const LIMITS: QueueLimits = { writers: 2, readers: 2, urgent: 0 };

function lineUp(jobs: readonly Named[], limits = LIMITS): LineUp<Named> {
  const line = new LineUp<Named>(limits);
  for (const one of jobs) line.add(one);
  return line;
}

/** All that may start now. */
function start(line: LineUp<Named>): string[] {
  const names: string[] = [];
  for (let next = line.next(); next; next = line.next()) names.push(next.name);
  return names;
}

/** One after another: the order in which everything comes to run. */
function order(line: LineUp<Named>): string {
  const names: string[] = [];
  for (let next = line.next(); next; next = line.next()) {
    names.push(next.name);
    line.delete(next);
  }
  return names.join(' ');
}

t.test('a user has one writer, and readers beside it', async (t) => {
  const a1 = job('a1', 'ana');
  const line = lineUp([a1, job('a2', 'ana'), job('look', 'ana', 'read'), job('alone', 'ana', 'exclusive')]);
  t.same(start(line), ['look', 'a1']);
  line.delete(a1);
  t.same(start(line), ['a2']);
});

t.test('an exclusive job runs beside nothing, and nobody of its user gets past it', async (t) => {
  const reader = job('reader', 'ana', 'read');
  const alone = job('alone', 'ana', 'exclusive');
  const line = lineUp([reader, alone, job('late', 'ana', 'read'), job('other', 'ben', 'read')]);
  t.same(start(line), ['reader', 'other']);
  line.delete(reader);
  t.same(start(line), ['alone']);
  line.delete(alone);
  t.same(start(line), ['late']);
});

t.test('a job without a user is one of every user', async (t) => {
  const reader = job('reader', 'ana', 'read');
  const rebuild = job('rebuild', undefined, 'exclusive');
  const line = lineUp([reader, rebuild, job('ben', 'ben', 'read'), job('scrub', undefined, 'read')]);
  t.same(start(line), ['reader'], 'those behind it wait for it, and it for those before it');
  line.delete(reader);
  t.same(start(line), ['rebuild']);
  line.delete(rebuild);
  t.same(start(line), ['scrub', 'ben']);
});

t.test('limits of writers and of readers count each by itself', async (t) => {
  const line = lineUp(['a', 'b', 'c'].flatMap((user) => [job(`w${user}`, user), job(`r${user}`, user, 'read')]));
  t.same(start(line), ['ra', 'rb', 'wa', 'wb']);
});

t.test('each user has a turn before anybody has two', async (t) => {
  const many = Array.from({ length: 4 }, (_, at) => job(`a${at}`, 'ana'));
  t.equal(order(lineUp([...many, job('b0', 'ben'), job('b1', 'ben'), job('c0', 'cid')])), 'a0 b0 c0 a1 b1 a2 a3');
});

t.test('what is more urgent goes first, and takes those of its user before it along', async (t) => {
  const jobs = [
    job('p', 'pia', 'write', 'periodic'),
    job('m', 'max', 'write', 'manual'),
    job('e', 'eva', 'write', 'session_end'),
    job('d1', 'dan', 'write', 'periodic'),
    job('d2', 'dan', 'write', 'critical'),
  ];
  t.equal(order(lineUp(jobs)), 'd1 d2 e m p');
});

t.test('what is urgent has seats of its own beside those of long backups', async (t) => {
  const long = [job('l1', 'lea'), job('l2', 'lou'), job('l3', 'liz')];
  const ends = ['a', 'b', 'c'].map((user) => job(user, user, 'write', 'session_end'));
  const line = lineUp([...long, ...ends], { writers: 2, readers: 2, urgent: 2 });
  t.same(start(line), ['a', 'b', 'c', 'l1'], 'and may take the others, too');
  for (const end of ends.slice(0, 2)) line.delete(end);
  line.add(job('d', 'dan', 'write', 'session_end'));
  t.same(start(line), ['d'], 'a long one does not take theirs');
});

t.test('nobody waits for ever behind more urgent ones', async (t) => {
  const line = lineUp([job('patient', 'pia', 'write', 'periodic')], { writers: 1, readers: 1, urgent: 0 });
  let before = 0;
  for (let at = 0; ; at++) {
    line.add(job(`e${at}`, `user ${at}`, 'write', 'session_end'));
    const next = line.next()!;
    line.delete(next);
    if (next.name === 'patient') break;
    before++;
  }
  t.equal(before, 7);
});

t.test('a job that is held keeps its place, and those of its user that need it wait', async (t) => {
  const [a1, b1] = [job('a1', 'ana'), job('b1', 'ben')];
  const line = lineUp([a1, job('a2', 'ana'), b1, job('look', 'ana', 'read')]);
  t.same(start(line), ['look', 'a1', 'b1']);
  line.hold(a1);
  t.same(start(line), []);
  t.ok(line.isWaiting(a1));
  line.release(a1);
  t.same(start(line), ['a1']);
});

t.test('what runs at once always gets along, keeps the order of its user, and everything gets its turn', async (t) => {
  const claim = fc.record({
    user: fc.constantFrom('ana', 'ben', 'cid', undefined),
    access: fc.constantFrom<Claim['access']>('read', 'write', 'exclusive'),
    priority: fc.constantFrom(...PRIORITIES),
  });
  const limits = { writers: 2, readers: 2, urgent: 1 };
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 40 }), fc.array(fc.nat(), { minLength: 40 }), (claims, dice) => {
      const jobs = claims.map((one, at) => ({ ...one, name: String(at) }));
      const line = new LineUp<Named>(limits);
      const waiting = new Set<Named>();
      const running: Named[] = [];
      let submitted = 0;
      for (let step = 0; submitted < jobs.length || waiting.size + running.length > 0; step++) {
        if (step > 20 * jobs.length + 20) return false;
        const die = dice[step % dice.length]! + step;
        if (submitted < jobs.length && die % 2 === 0) {
          line.add(jobs[submitted]!);
          waiting.add(jobs[submitted++]!);
          continue;
        }
        const next = line.next();
        if (!next) {
          const [one] = running.splice(die % Math.max(1, running.length), 1);
          if (!one) {
            if (submitted === jobs.length) return false;
            line.add(jobs[submitted]!);
            waiting.add(jobs[submitted++]!);
          } else if (die % 5 === 0) {
            line.hold(one);
            line.release(one);
            waiting.add(one);
          } else line.delete(one);
          continue;
        }
        const against = (other: Named): boolean =>
          (other.user === next.user || other.user === undefined || next.user === undefined) &&
          clash(other.access, next.access);
        if (running.some(against)) return false;
        for (const other of waiting) if (Number(other.name) < Number(next.name) && against(other)) return false;
        waiting.delete(next);
        running.push(next);
        const reading = running.filter(({ access }) => access === 'read').length;
        if (reading > limits.readers || running.length - reading > limits.writers + limits.urgent) return false;
      }
      return line.waiting === 0;
    }),
    { numRuns: 500 },
  );
  t.pass('for every order');
});
