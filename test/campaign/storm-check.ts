import { openVault } from '../../src/vault/index.js';
import type { StormDaemon } from './storm-daemon.js';
import { STORM_USERS, type StormRequest } from './storm-requests.js';

interface Found {
  readonly id: string;
  readonly user: string;
  readonly session: string | null;
  readonly key: string | undefined;
  readonly job: string | null;
}

/**
 * Looks into the vault of a daemon that is gone: everything acknowledged is there, nothing is there twice, and what was promised is done or
 * still in the queue. Throws with what is broken.
 *
 * @param idle - Whether the queue had come to its end before.
 * @returns how many snapshots there are.
 */
export async function checkStorm(
  { vault: path, keyFile }: StormDaemon,
  requests: readonly StormRequest[],
  idle: boolean,
): Promise<number> {
  const vault = await openVault({ path, keyFile });
  try {
    const { jobs, damaged } = await vault.queue.list();
    if (damaged.length > 0) throw new Error(`A queue file is damaged: ${damaged[0]!.message}`);
    const queued = new Set(jobs.map(({ id }) => id));
    if (idle && queued.size > 0) throw new Error(`Jobs are left in the queue: ${[...queued].join(', ')}.`);
    const found: Found[] = [];
    const { records } = await vault.users();
    for (const { name } of records.filter((record) => STORM_USERS.includes(record.name))) {
      const user = await vault.openUser(name);
      try {
        const [problem] = user.logProblems;
        if (problem) throw new Error(`The log of "${name}" is damaged: ${problem.message}`);
        for await (const { id, manifest } of user.snapshots.newestFirst()) {
          const { session, job, idempotency } = manifest;
          found.push({ id, user: name, session, job, key: idempotency?.split(' ')[0] });
        }
      } finally {
        user.close();
      }
    }
    checkAcknowledged(found, requests);
    checkOnce(found, requests);
    checkPromised(found, requests, queued);
    return found.length;
  } finally {
    await vault.close();
  }
}

function checkAcknowledged(found: readonly Found[], requests: readonly StormRequest[]): void {
  const there = new Map(found.map((one) => [one.id, one]));
  for (const { acknowledged, user, session, marker, key } of requests) {
    for (const id of acknowledged) {
      const one = there.get(id);
      if (!one) throw new Error(`Snapshot ${id} of ${marker} was acknowledged and is gone.`);
      if (one.user !== user || one.session !== session) throw new Error(`Snapshot ${id} is of another session.`);
      if (key !== undefined && acknowledged.size > 1) {
        throw new Error(`${key} was answered with several snapshots: ${[...acknowledged].join(', ')}.`);
      }
    }
  }
}

/** A key stands for one snapshot, and so does a job; without keys there are no more than were asked for. */
function checkOnce(found: readonly Found[], requests: readonly StormRequest[]): void {
  const seen = new Set<string>();
  for (const { key, job, user } of found) {
    for (const name of [key && `${user} ${key}`, job && `job ${job}`]) {
      if (!name) continue;
      if (seen.has(name)) throw new Error(`There are two snapshots of ${name}.`);
      seen.add(name);
    }
  }
  const without = (one: { key: string | undefined }) => one.key === undefined;
  const sent = requests.filter(without).reduce((sum, request) => sum + request.sent, 0);
  const made = found.filter(without).length;
  if (made > sent) throw new Error(`${sent} requests without keys made ${made} snapshots.`);
}

function checkPromised(found: readonly Found[], requests: readonly StormRequest[], queued: ReadonlySet<string>): void {
  const done = new Set(found.map(({ job }) => job));
  const keys = new Set(found.map(({ user, key }) => `${user} ${key}`));
  for (const { promised, user, key, marker } of requests) {
    for (const job of promised) {
      // A repeat may be a job of its own that finds what another one has done.
      if (done.has(job) || queued.has(job) || (key !== undefined && keys.has(`${user} ${key}`))) continue;
      throw new Error(`Job ${job} of ${marker} was promised, and is neither done nor in the queue.`);
    }
  }
}
