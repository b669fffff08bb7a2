import t from 'tap';
import { DEFAULT_SETTINGS, type Settings } from '../../src/api/index.js';
import { silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import type { Round } from '../../src/daemon/rounds.js';
import { Rounds } from '../../src/daemon/rounds.js';
import { upkeepRounds } from '../../src/daemon/upkeep.js';
import type { Job, JobQueue, JobRequest } from '../../src/scheduler/index.js';
import type { Vault } from '../../src/vault/index.js';
import { memoryLogger } from '../vault/fixture.js';

const DAY = 86_400_000;

/** Timers that are let go by hand. */
class Timers {
  readonly set = new Map<object, { readonly ms: number; readonly call: () => void }>();
  readonly timer = (ms: number, call: () => void) => {
    const key = {};
    this.set.set(key, { ms, call });
    return () => void this.set.delete(key);
  };

  get waits(): number[] {
    return [...this.set.values()].map(({ ms }) => ms);
  }

  fire(): void {
    const all = [...this.set.values()];
    this.set.clear();
    for (const { call } of all) call();
  }
}

interface FakeQueue {
  readonly queue: JobQueue;
  readonly submitted: JobRequest[];
  end(): void;
}

/** A queue whose jobs end when they are told to. */
function fakeQueue(refuse?: Error): FakeQueue {
  const submitted: JobRequest[] = [];
  const waiting: (() => void)[] = [];
  const queue = {
    submit: async (request: JobRequest) => {
      if (refuse) throw refuse;
      submitted.push(request);
      return { id: `${submitted.length}` } as Job;
    },
    wait: (id: string, { signal }: { signal?: AbortSignal } = {}) =>
      new Promise<Job>((resolve) => {
        const end = () => resolve({ id } as Job);
        waiting.push(end);
        signal?.addEventListener('abort', end);
      }),
  };
  return { queue: queue as unknown as JobQueue, submitted, end: () => void waiting.shift()?.() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test('what was missed is done soon, and what was done lately waits for its time', async (t) => {
  const now = 1_000 * DAY;
  const clock = { now: () => now, monotonic: () => 0 };
  const random = { bytes: (length: number) => new Uint8Array(length).fill(0x80) };
  const soon = 600_000 * (1 + 0x80808080 / 2 ** 32);
  for (const [ended, waits] of [
    [undefined, soon],
    [now - 5 * DAY, soon],
    [now - DAY / 4, (3 * DAY) / 4],
    // The clock was wrong then, or is now.
    [now + DAY, soon],
  ] as const) {
    const timers = new Timers();
    const round: Round = { name: 'r', everyMs: () => DAY, lastEnded: async () => ended, jobs: () => [] };
    const { queue } = fakeQueue();
    const rounds = new Rounds({ rounds: [round], queue, logger: silentLogger, timer: timers.timer, clock, random });
    rounds.start();
    await settled();
    t.same(timers.waits, [waits], String(ended));
    await rounds.stop();
  }
});

t.test('a round runs soon, then again once it has ended, its jobs one after another', async (t) => {
  const timers = new Timers();
  const { queue, submitted, end } = fakeQueue();
  const request = (operation: string): JobRequest => ({
    operation,
    user: undefined,
    access: 'read',
    durable: false,
    input: {},
  });
  const round: Round = { name: 'r', everyMs: () => DAY, jobs: () => [request('one'), request('two')] };
  const rounds = new Rounds({
    rounds: [round],
    queue,
    logger: silentLogger,
    timer: timers.timer,
    clock: systemClock,
    random: systemRandom,
  });
  rounds.start();
  t.same(timers.waits, [600_000]);
  timers.fire();
  await settled();
  t.same(
    submitted.map(({ operation }) => operation),
    ['one'],
  );
  end();
  await settled();
  t.same(
    submitted.map(({ operation }) => operation),
    ['one', 'two'],
  );
  t.same(timers.waits, [], 'never twice at once');
  end();
  await settled();
  t.same(timers.waits, [DAY]);
  timers.fire();
  await settled();
  await rounds.stop();
  t.equal(submitted.length, 3);
  t.same(timers.waits, [], 'nothing comes after the end');
});

t.test('a round that fails is told and tried again; one that is turned off is asked again', async (t) => {
  const timers = new Timers();
  const logger = memoryLogger();
  let every: number | undefined = DAY;
  let runs = 0;
  const round: Round = {
    name: 'bad',
    everyMs: () => every,
    run: async () => {
      runs++;
      throw new Error('no');
    },
  };
  const rounds = new Rounds({
    rounds: [round],
    queue: fakeQueue().queue,
    logger,
    timer: timers.timer,
    clock: systemClock,
    random: systemRandom,
  });
  rounds.start();
  timers.fire();
  await settled();
  t.same(timers.waits, [DAY]);
  t.match(logger.lines, [/error: The round "bad" failed/]);
  every = undefined;
  timers.fire();
  await settled();
  t.equal(runs, 1);
  t.same(timers.waits, [3_600_000]);
  await rounds.stop();
});

t.test('the daemon lets go, frees and checks by itself, as its settings say', async (t) => {
  let settings: Settings = DEFAULT_SETTINGS;
  let counted = 0;
  const runs = new Map([
    ['retain-all', { done: 5 }],
    ['prune', { done: 3 }],
  ]);
  const stub = { stored: { recount: async () => void counted++ }, rounds: { read: async () => runs } };
  const vault = stub as unknown as Vault;
  const [retention, scrub, reserve, stored] = upkeepRounds(vault, () => settings, systemRandom);
  t.equal(reserve!.everyMs(), 3_600_000);
  const timers = new Timers();
  const rounds = new Rounds({
    rounds: [reserve!],
    queue: fakeQueue().queue,
    logger: silentLogger,
    timer: timers.timer,
    clock: systemClock,
    random: systemRandom,
  });
  rounds.start();
  t.same(timers.waits, [10_000], 'a disk may be full soon after the start');
  await rounds.stop();
  t.same(
    retention!.jobs!().map(({ operation }) => operation),
    ['retain-all', 'prune'],
  );
  t.same([await retention!.lastEnded!(), await scrub!.lastEnded!()], [3, undefined]);
  t.match(scrub!.jobs!(), [{ operation: 'scrub', access: 'read', user: undefined, input: { due: true } }]);
  t.same(
    [retention, scrub, stored].map((round) => round!.everyMs()),
    [DAY, DAY, undefined],
  );
  const limited = { ...settings.space, vaultBytesMax: 1 };
  settings = { ...settings, enabled: false, scrub: { enabled: true, everyMs: 5, share: 0.5 }, space: limited };
  t.same(
    [retention, scrub, stored].map((round) => round!.everyMs()),
    [undefined, 5, DAY],
  );
  t.match(scrub!.jobs!(), [{ input: { due: true, share: 50 } }]);
  await stored!.run!(new AbortController().signal);
  t.equal(counted, 1);
  settings = { ...settings, scrub: { enabled: false, everyMs: 5, share: undefined } };
  t.equal(scrub!.everyMs(), undefined);
});
