import { rm } from 'node:fs/promises';
import t from 'tap';
import { toHex } from '../../../src/base/index.js';
import { sha256 } from '../../../src/crypto/index.js';
import { packsDue } from '../../../src/upkeep/scrub/due.js';
import { makeSetting, noise } from '../../backup/fixture.js';
import { codes, findings, flip, packsOnDisk } from './fixture.js';

const DAY = 86_400_000;
const packs = Array.from({ length: 90 }, (_, i) => ({ hash: sha256(Buffer.from(`${i}`)), length: 1000 }));
const key = ({ hash }: { readonly hash: Uint8Array }) => toHex(hash);

t.test('round after round everything is read once in thirty days, the longest unread first', async (t) => {
  const checked = new Map<string, number>();
  let last: number | undefined;
  for (let day = 1; day <= 120; day++) {
    const now = day * DAY;
    const due = packsDue(packs, { checkedAt: (pack) => checked.get(key(pack)), now, lastRound: last });
    t.equal(due.length, 3, `day ${day}`);
    const oldest = Math.min(...packs.map((pack) => checked.get(key(pack)) ?? 0));
    t.equal(checked.get(key(due[0]!)) ?? 0, oldest);
    for (const pack of due) checked.set(key(pack), now);
    last = now;
    if (day >= 30) t.ok(packs.every((pack) => now - checked.get(key(pack))! < 30 * DAY));
  }
});

t.test('what was missed is made up for in steps, and a share is what it says', async (t) => {
  const now = 1000 * DAY;
  const all = { checkedAt: () => now - 40 * DAY, now };
  t.equal(packsDue(packs, { ...all, lastRound: now - DAY }).length, 12, 'four times the usual');
  t.equal(packsDue(packs, { ...all, lastRound: now - 40 * DAY }).length, 84, 'a week’s, four times');
  const young = { checkedAt: () => now - DAY, now };
  t.equal(packsDue(packs, { ...young, lastRound: now - DAY, share: 0.1 }).length, 9);
  t.equal(packsDue(packs, { ...young, lastRound: now }).length, 0, 'nothing right after a round');
  t.equal(packsDue(packs, { ...young, lastRound: now + DAY }).length, 3, 'a round in the future says nothing');
  t.equal(packsDue([], { ...young, lastRound: undefined }).length, 0);
  const odd = packs[7]!;
  const ahead = (pack: (typeof packs)[0]) => (pack === odd ? now + DAY : now - DAY);
  t.equal(packsDue(packs, { checkedAt: ahead, now, lastRound: now - DAY })[0], odd, 'nor does a time in the future');
});

t.test(
  'a round notes what it read, so that the next reads what it did not; a lost note is read again',
  async (test) => {
    const place = await makeSetting(test, { local: true });
    const { repository } = place;
    for (const seed of [1, 2, 3, 4]) {
      place.write(`file ${seed}`, noise(5000, seed));
      await place.run();
    }
    const disk = await packsOnDisk(place);
    test.ok(disk.length > 3);
    const due = { share: 0.01, bytesPerSecond: 1e12 };
    const total = { packs: 0 };
    for (let round = 0; round < disk.length; round++) total.packs += (await findings(place, { due })).packs;
    const times = await repository.index.checks.times();
    test.equal(total.packs, disk.length);
    test.equal(times.size, disk.length, 'each was read once');
    test.match(await repository.index.checks.lastRound(), { findings: 0 });
    // Damage is found by the round that comes to it.
    const worst = disk[1]!;
    await flip(worst.path, worst.frames[0]!.from + 5);
    const found: string[] = [];
    for (let round = 0; round < disk.length && found.length === 0; round++) {
      found.push(...codes(await findings(place, { due })));
    }
    test.same(found, ['DATA_CORRUPT']);
    test.match(await repository.index.checks.lastRound(), { findings: 1 });
    // All metadata is gone through in each round: a pack that is missing is found whether or not it is due.
    await rm(disk[0]!.path, { force: true });
    test.same(codes(await findings(place, { due: { ...due, share: 1e-9 } })).sort(), [
      'DATA_CORRUPT',
      'OBJECT_MISSING',
    ]);
  },
);
