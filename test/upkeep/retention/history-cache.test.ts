import t from 'tap';
import { toHex, utf8 } from '../../../src/base/index.js';
import { sha256 } from '../../../src/crypto/index.js';
import type { LogRecord } from '../../../src/format/index.js';
import { type NamedEntry, Snapshots } from '../../../src/snapshot/index.js';
import { HistoryCache } from '../../../src/upkeep/retention/history-cache.js';
import type { UserRepository } from '../../../src/vault/index.js';
import { makeManifest } from '../../vault/fixture.js';

const EMPTY_CHECKPOINT = {
  heads: [],
  through: 0,
  entries: [],
  covered: [],
  packs: [],
  added: [],
  snapshots: [],
  quarantine: [],
};

/** A log in memory that counts what is read of it. */
class FakeUser {
  readonly entries: NamedEntry[] = [];
  /** Entries that a checkpoint stands for: they are there, and say nothing. */
  readonly covered = new Set<NamedEntry>();
  reads = 0;
  #made = 0;
  readonly log = {
    newestFirst: async function* (this: FakeUser) {
      for (const entry of [...this.entries].reverse()) {
        this.reads++;
        if (!this.covered.has(entry)) yield entry;
      }
    }.bind(this),
  };
  readonly repository = {
    uid: new Uint8Array(16),
    index: { mark: { entries: 0, applied: [] as { seq: number; hash: Uint8Array }[] } },
    log: this.log,
    snapshots: new Snapshots(this.log as never),
  };

  /** @param at - Where in the log; at its end unless told. */
  add(record: LogRecord, at = this.entries.length): void {
    const seq = at + 1;
    const hash = sha256(utf8(`${this.#made++}`));
    this.entries.splice(at, 0, { name: { seq, hash }, entry: { seq, fence: 0, prev: [], time: seq, ...record } });
    const { name } = this.entries.at(-1)!;
    this.repository.index.mark = { entries: this.entries.length, applied: [name] };
  }

  async read(cache: HistoryCache): Promise<string[]> {
    this.reads = 0;
    const history = await cache.read(this.repository as unknown as UserRepository);
    return history.map(
      ({ id, forgotten, forgottenAt, givenUp, takenBack, pinned }) =>
        `${id[0]}${forgotten ? ' forgotten' : ''}${forgottenAt ? ` in ${forgottenAt}` : ''}${givenUp ? ' given up' : ''}${takenBack ? ' back' : ''}${pinned ? ' pinned' : ''}`,
    );
  }
}

const id = (digit: string) => Buffer.from(digit.repeat(32), 'hex');
const snapshot = (digit: string): LogRecord => ({ kind: 'manifest', body: makeManifest([], { backupId: id(digit) }) });
const say = (kind: 'forget' | 'unforget' | 'pin', ...digits: string[]): LogRecord => ({
  kind,
  body: { backupIds: digits.map(id) },
});

t.test('of a log that goes on only what is new is read', async (t) => {
  const user = new FakeUser();
  const cache = new HistoryCache();
  for (const digit of '123456789') user.add(snapshot(digit));
  t.equal((await user.read(cache)).length, 9);
  t.equal(user.reads, 9);
  user.add(say('forget', '2'));
  user.add(snapshot('a'));
  t.same((await user.read(cache)).slice(0, 2), ['1', '2 forgotten in 10']);
  t.equal(user.reads, 3, 'the new ones, and the last of those known');
  await user.read(cache);
  t.equal(user.reads, 1);
  user.add(say('unforget', '2'));
  user.add(say('forget', '3', '4'));
  user.add({ kind: 'tombstone', body: { packs: [], added: [], snapshots: [id('3')] } });
  user.add(say('unforget', '3', '4'));
  t.same((await user.read(cache)).slice(1, 4), ['2 back', '3 forgotten given up', '4 back']);
  t.equal(user.reads, 5);
  t.same(await user.read(cache), await user.read(new HistoryCache()));
});

t.test('whatever else happens to the log, what is told is what it says', async (t) => {
  const user = new FakeUser();
  const cache = new HistoryCache();
  for (const digit of '1234') user.add(snapshot(digit));
  await user.read(cache);
  const changes: [why: string, change: () => void][] = [
    ['another writer’s entry, before the last', () => user.add(say('forget', '1'), 3)],
    ['one of an id that is known, then marked', () => user.add(snapshot('2'))],
    ['marks of both', () => user.add(say('pin', '2'))],
    [
      'a merge, with what it joins',
      () => {
        user.add(say('pin', '3'), 4);
        user.add({ kind: 'merge', body: {} });
      },
    ],
    [
      'a checkpoint without an old snapshot',
      () => {
        user.covered.add(user.entries[0]!);
        user.add({ kind: 'checkpoint', body: EMPTY_CHECKPOINT });
      },
    ],
    [
      'an entry lost',
      () => {
        user.entries.splice(2, 1);
        user.add(snapshot('5'));
      },
    ],
    [
      'the end lost',
      () => {
        user.entries.pop();
        user.add(snapshot('6'));
      },
    ],
    ['nothing left', () => void user.entries.splice(1)],
  ];
  for (const [why, change] of changes) {
    change();
    const { name } = user.entries.at(-1)!;
    user.repository.index.mark = { entries: user.entries.length, applied: [name] };
    t.same(await user.read(cache), await user.read(new HistoryCache()), why);
  }
});

t.test('a log with several ends is not remembered', async (t) => {
  const user = new FakeUser();
  const cache = new HistoryCache();
  user.add(snapshot('1'));
  user.add(snapshot('2'));
  user.repository.index.mark = { entries: 2, applied: user.entries.map(({ name }) => name) };
  await user.read(cache);
  await user.read(cache);
  t.equal(user.reads, 2);
  t.equal(toHex(user.entries[0]!.name.hash).length, 64);
});
