import t from 'tap';
import { BackupAges } from '../../../src/api/metrics/ages.js';
import type { Job } from '../../../src/scheduler/index.js';

function ended(user: string, day: number, status = 'complete'): Job {
  const result = { status, timestamp: new Date(Date.UTC(2026, 0, day)).toISOString() };
  return { operation: 'end', user, state: 'succeeded', result, input: {} } as unknown as Job;
}

const names = (ages: BackupAges) => ages.list().map(([user]) => user);

t.test('those who wait longest come first, and what failed last is counted', async (t) => {
  const ages = new BackupAges();
  ages.note(ended('ana', 2));
  ages.note(ended('bob', 1));
  ages.note(ended('ana', 3, 'partial'));
  t.same(ages.list(), [
    ['bob', { success: Date.UTC(2026, 0, 1), failing: false }],
    ['ana', { success: Date.UTC(2026, 0, 2), failing: true }],
  ]);
  t.same(ages.counts, { known: 2, failing: 1 });
  ages.note(ended('ana', 4));
  t.same(ages.counts, { known: 2, failing: 0 });
  t.ok(ages.complete);
});

t.test('of very many users some are kept in mind, and whoever fails is among them', async (t) => {
  const ages = new BackupAges(3);
  for (let day = 1; day <= 9; day++) ages.note(ended(`user-${day}`, day));
  t.same(names(ages), ['user-1', 'user-2', 'user-3'], 'those who are newest wait least');
  t.notOk(ages.complete);
  for (let day = 1; day <= 9; day++) ages.note(ended(`bad-${day}`, day, 'partial'));
  t.same(ages.counts, { known: 3, failing: 3 });
  t.same(
    names(ages).filter((name) => name.startsWith('user')),
    [],
  );
  ages.note(ended(names(ages)[0]!, 10));
  ages.note(ended('bad-9', 11, 'partial'));
  t.same(ages.counts, { known: 3, failing: 3 });
});
