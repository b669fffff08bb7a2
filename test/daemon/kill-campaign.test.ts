import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { openVault } from '../../src/vault/index.js';
import { SeededRandom } from '../campaign/random.js';
import { DaemonPlace, type DaemonProcess } from './daemon-process.js';

const ROUNDS = 8;
const USERS = ['ana', 'ben', 'eva'];
const JOBS_A_USER = 2;
/** Three lines a job: taken up, committed, ended. */
const LINES = 3 * USERS.length * JOBS_A_USER;

/** Submits one job after another until the daemon is gone; returns the ids of those that were acknowledged. */
async function submitUntilKilled(daemon: DaemonProcess, paths: readonly string[]): Promise<string[]> {
  const acknowledged: string[] = [];
  await Promise.all(
    USERS.map(async (user) => {
      for (let job = 0; job < JOBS_A_USER; job++) {
        try {
          acknowledged.push(await daemon.submit(user, { paths }));
        } catch (error) {
          if (!/socket hang up|ECONNRESET|ECONNREFUSED|ENOENT|EPIPE|JSON/.test(String(error))) throw error;
          return;
        }
      }
    }),
  );
  return acknowledged;
}

t.test('a daemon killed again and again does each acknowledged job once', async (t) => {
  const seed = Number(process.env.SEED ?? 20_260_101);
  t.comment(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const place = new DaemonPlace(t);
  mkdirSync(join(place.source, 'deep'));
  for (let file = 0; file < 20; file++)
    writeFileSync(join(place.source, 'deep', `f${file}`), `content ${file}\n`.repeat(1000));
  await place.make();
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const daemon = await place.up();
    // Every other time right behind a commit, before the job's file is gone, if that can be hit.
    const reached =
      round % 2 === 0
        ? daemon.logged(1 + random.below(USERS.length * JOBS_A_USER), 'Snapshot committed.')
        : daemon.logged(daemon.lines.length + random.below(LINES + 1));
    const killed = reached.then(() => daemon.kill('SIGKILL'));
    acknowledged.push(...(await submitUntilKilled(daemon, [place.source])));
    await killed;
  }
  const last = await place.up();
  for (const { job_id } of await last.jobs()) await last.wait(job_id);
  t.ok((await last.jobs()).every(({ state }) => state === 'succeeded'));
  await last.kill('SIGTERM');
  t.same(await readdir(join(place.vault, 'queue')), []);
  const vault = await openVault({ path: place.vault, keyFile: place.keyFile });
  t.teardown(() => vault.close());
  const done: (string | null)[] = [];
  for (const user of USERS) {
    const repository = await vault.openUser(user);
    for await (const { manifest } of repository.snapshots.newestFirst()) done.push(manifest.job);
    repository.close();
  }
  t.equal(new Set(done).size, done.length, 'no job has two snapshots');
  t.same(
    acknowledged.filter((id) => !done.includes(id)),
    [],
    'each acknowledged job has one',
  );
  t.ok(acknowledged.length > ROUNDS, `${acknowledged.length} jobs were acknowledged`);
  t.comment(`${acknowledged.length} acknowledged, ${done.length} snapshots`);
});
