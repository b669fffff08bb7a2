import t from 'tap';
import { DEFAULT_SETTINGS, type Settings } from '../../src/api/index.js';
import { silentLogger, systemClock, systemRandom, utf8 } from '../../src/base/index.js';
import { createTimetable } from '../../src/daemon/timetable.js';
import { serve } from '../api/fixture.js';

const HOUR_MS = 3_600_000;

t.test('the timetable backs up those who have sources, and knows from the vault what it has done', async (t) => {
  const { daemon, source } = await serve(t);
  const { vault, queue } = daemon;
  await vault.ensureUser('ana', { sources: [{ kind: 'path', path: utf8(source), atSessionEnd: false }] });
  await vault.ensureUser('ben');
  const row = {
    users: ['*'],
    cron: undefined,
    everyMs: 6 * HOUR_MS,
    kind: 'periodic' as const,
    jitterMs: 0,
    runMissed: true,
  };
  // Users that were made just now have missed nothing yet: an hour's interval later they have.
  const clock = { ...systemClock, now: () => systemClock.now() + 7 * HOUR_MS };
  const settings: Settings = { ...DEFAULT_SETTINGS, schedule: [row] };
  const parts = { vault, queue, random: systemRandom, logger: silentLogger, settings: () => settings };
  const first = createTimetable({ ...parts, clock });
  const ended = (async () => {
    for await (const job of queue.followAll()) if (job.state === 'succeeded') return job;
    return undefined;
  })();
  first.start();
  t.match(await ended, {
    operation: 'backup',
    user: 'ana',
    priority: 'periodic',
    input: { type: 'periodic', reason: 'schedule' },
  });
  await first.stop();
  t.equal(queue.list().length, 1, 'nobody without sources');
  const again = createTimetable({ ...parts, clock: systemClock });
  again.start();
  await again.stop();
  t.equal(queue.list().length, 1, 'as after a restart: it is done');
});
