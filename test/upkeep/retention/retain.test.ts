import t, { type Test } from 'tap';
import { type Clock, fromHex, toHex } from '../../../src/base/index.js';
import type { Manifest, ScopeRecord } from '../../../src/format/index.js';
import { type FaultRule, MemoryBackend, scriptedFaults, withFaults } from '../../../src/storage/index.js';
import {
  Calendar,
  DAY_MS,
  DEFAULT_POLICY,
  historyOf,
  type Retained,
  retain,
  retainBehind,
} from '../../../src/upkeep/index.js';
import type { UserRepository, Vault } from '../../../src/vault/index.js';
import { makeManifest, makeVault } from '../../vault/fixture.js';

const START = Date.parse('2026-01-01T00:00Z');

/** A clock that is moved by hand; both its faces go on together unless one is set. */
class HandClock implements Clock {
  wall = START;
  uptime = 0;

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.uptime;
  }

  pass(days: number): void {
    this.wall += days * DAY_MS;
    this.uptime += days * DAY_MS;
  }
}

interface Scene {
  readonly clock: HandClock;
  readonly memory: MemoryBackend;
  readonly vault: Vault;
  readonly user: UserRepository;
  /** Commits a snapshot whose id begins with the digit. */
  commit(digit: string, more?: Partial<Manifest>): Promise<void>;
  say(kind: 'forget' | 'unforget' | 'pin' | 'unpin', digit: string): Promise<unknown>;
  run(dryRun?: boolean): Promise<Retained>;
  reopen(): Promise<Scene>;
}

async function scene(t: Test, rules: FaultRule[] = []): Promise<Scene> {
  const clock = new HandClock();
  const memory = new MemoryBackend();
  const backend = withFaults(memory, scriptedFaults(rules));
  const place = await makeVault(t, backend);
  const open = async (): Promise<Scene> => {
    const vault = await place.open({ clock });
    await vault.ensureUser('ana');
    const user = await vault.openUser('ana');
    return { clock, memory, vault, user, ...acts(vault, user, clock), reopen: () => close().then(open) };
    async function close(): Promise<void> {
      user.close();
      await vault.close();
    }
  };
  return open();
}

function acts(vault: Vault, user: UserRepository, clock: HandClock): Pick<Scene, 'commit' | 'say' | 'run'> {
  const id = (digit: string) => fromHex(digit.repeat(32));
  return {
    commit: async (digit, more) => {
      const usual = { backupId: id(digit), kind: 'periodic', captured: clock.wall, scopes: [path('/a')] } as const;
      await user.log.append({ kind: 'manifest', body: makeManifest([], { ...usual, ...more }) });
    },
    say: (kind, digit) => user.log.append({ kind, body: { backupIds: [id(digit)] } }),
    run: (dryRun) =>
      retain(user, { policy: DEFAULT_POLICY, calendar: new Calendar('UTC'), clock, opened: vault.opened, dryRun }),
  };
}

function path(name: string): ScopeRecord {
  return { scope: `path:${name}`, path: Buffer.from(name), entry: Buffer.from('x'), files: 0, bytes: 0 };
}

const SESSION = { scopes: [{ ...path('/s'), scope: 'session:s' }], kind: 'session_end', session: 's' } as const;
const digits = (ids: readonly string[]) => ids.map((id) => id[0]).join('');

t.test(
  'retain() forgets in one entry what the policy keeps no longer, and writes none where there is nothing',
  async (t) => {
    const { commit, run, clock, user, say } = await scene(t);
    for (const digit of ['1', '2', '3']) {
      await commit(digit, { ...SESSION, captured: clock.wall });
      clock.pass(0.01);
    }
    t.equal(digits((await run()).forgotten), '');
    t.equal(user.index.mark.entries, 3);
    clock.pass(31);
    t.equal(digits((await run(true)).forgotten), '12');
    t.equal(user.index.mark.entries, 3, 'a dry run writes nothing');
    t.equal(digits((await run()).forgotten), '12');
    t.equal(user.index.mark.entries, 4);
    t.equal(digits((await user.snapshots.list()).map(({ id }) => id)), '3');
    t.equal(digits((await run()).forgotten), '');
    t.equal(user.index.mark.entries, 4);
    await say('unforget', '1');
    t.equal(digits((await run()).forgotten), '', 'what somebody took back is not forgotten again');
    t.equal(digits((await user.snapshots.list()).map(({ id }) => id)), '31');
  },
);

t.test('what was pinned just before is not forgotten', async (t) => {
  const { commit, run, clock, say } = await scene(t);
  await commit('1', SESSION);
  await commit('2', SESSION);
  clock.pass(31);
  const [, retained] = await Promise.all([say('pin', '1'), run()]);
  t.equal(digits(retained.forgotten), '');
});

t.test('behind each snapshot of a user with thousands it is decided once an hour', async (t) => {
  const { clock, user, vault } = await scene(t);
  const scopes = [{ ...path('/s'), scope: 'session:s' }];
  const commit = (seed: number) => {
    const backupId = new Uint8Array(16).fill(seed % 251);
    const more = { backupId, kind: 'session_end', captured: clock.wall, scopes } as const;
    return user.log.append({ kind: 'manifest', body: makeManifest([], more) });
  };
  const options = { policy: DEFAULT_POLICY, calendar: new Calendar('UTC'), clock, opened: vault.opened };
  for (let i = 0; i < 3; i++) await commit(i);
  clock.pass(31);
  t.equal((await retainBehind(user, options)).forgotten.length, 2, 'of a small one each time');
  Object.defineProperty(user.index, 'mark', { get: () => ({ applied: [], entries: 5000 }) });
  await retainBehind(user, options);
  await commit(3);
  await commit(4);
  clock.pass(0.01);
  t.equal(
    (await retainBehind(user, { ...options, policy: { ...DEFAULT_POLICY, sessionDays: 0 } })).forgotten.length,
    0,
  );
  clock.pass(0.05);
  t.ok((await retainBehind(user, { ...options, policy: { ...DEFAULT_POLICY, sessionDays: 0 } })).forgotten.length > 0);
});

t.test('where the decision cannot be written nothing is forgotten', async (t) => {
  const rules: FaultRule[] = [];
  const { commit, run, clock, user } = await scene(t, rules);
  await commit('1', SESSION);
  await commit('2', SESSION);
  clock.pass(31);
  rules.push({ verb: 'put', effect: 'no-space' });
  await t.rejects(run(), { code: 'NO_SPACE' });
  t.equal(digits((await user.snapshots.list()).map(({ id }) => id)), '21');
  rules.length = 0;
  t.equal(digits((await run()).forgotten), '1');
});

t.test('a clock that leaps ahead forgets nothing for a week, whoever writes snapshots meanwhile', async (t) => {
  let now = await scene(t);
  const { clock } = now;
  await now.commit('1', SESSION);
  await now.commit('2', SESSION);
  clock.wall += 6 * 365 * DAY_MS;
  const held = async () => {
    const { forgotten, warnings } = await now.run();
    t.equal(digits(forgotten), '');
    t.match(warnings[0], /Nothing is forgotten before 2032/);
  };
  await held();
  await now.commit('3', { captured: clock.wall });
  await held();
  now = await now.reopen();
  await held();
  clock.pass(3);
  await held();
  // It was put right: what was written meanwhile lies ahead, and stays.
  clock.wall = START + 3 * DAY_MS;
  const right = await now.run();
  t.equal(digits(right.forgotten), '');
  t.match(right.warnings, [/1 snapshot is dated in the future/]);
  clock.pass(31);
  await now.commit('4', { captured: clock.wall });
  t.equal(digits((await now.run()).forgotten), '', 'a month without anything, of which the process knows nothing');
  clock.pass(7.1);
  t.equal(digits((await now.run()).forgotten), '1');
});

t.test('a leap that was right after all is believed after a week', async (t) => {
  const { commit, run, clock } = await scene(t);
  await commit('1', SESSION);
  await commit('2', SESSION);
  clock.wall += 60 * DAY_MS;
  await commit('3', { captured: clock.wall });
  clock.pass(6.9);
  t.equal(digits((await run()).forgotten), '');
  clock.pass(0.2);
  t.equal(digits((await run()).forgotten), '1');
});

t.test('what is remembered of a log is what the log says, however it goes on', async (t) => {
  let now = await scene(t);
  const { clock } = now;
  const agree = async (why: string) => {
    const { user } = now;
    const expected: object[] = [];
    for await (const { snapshot, forgotten, takenBack, pinned } of user.snapshots.all()) {
      expected.unshift({ id: snapshot.id, forgotten, takenBack, pinned });
    }
    const found = (await historyOf(user)).map(({ id, forgotten, takenBack, pinned }) => ({
      id,
      forgotten,
      takenBack,
      pinned,
    }));
    t.same(found, expected, why);
  };
  await agree('nothing');
  await now.commit('1');
  await agree('one');
  for (const digit of ['2', '3', '4']) await now.commit(digit, { captured: clock.wall });
  await now.say('pin', '2');
  await now.say('forget', '3');
  await agree('marks');
  await now.say('unforget', '3');
  await now.say('unpin', '2');
  await now.say('forget', '9');
  await agree('more marks');
  await now.commit('3');
  await agree('the same id again');
  await now.say('forget', '3');
  await agree('both of that id');
  now = await now.reopen();
  await now.say('forget', '1');
  await agree('reopened');
  // Taken back to an older state behind everybody's back.
  const last = (await now.user.log.newestFirst().next()).value!;
  now.user.close();
  await now.vault.close();
  for await (const { name } of now.memory.list('users/'))
    if (name.includes(toHex(last.name.hash))) await now.memory.remover().remove(name);
  await agreeAfterLoss();
  async function agreeAfterLoss(): Promise<void> {
    now = await now.reopen();
    await now.say('pin', '4');
    await agree('an entry was lost');
  }
});
