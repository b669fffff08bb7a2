/**
 * What one user's snapshots cost by their number (S1), in CPU time and wall time: `node dist/bench/history/main.js [COUNT]...`. Manifests go through the
 * real log into a vault whose objects are in memory, so that what is measured is the program and not a disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import { logPrefix, type Manifest, NO_COUNTS, uidOf } from '../../src/format/index.js';
import { createUuid } from '../../src/snapshot/index.js';
import { MemoryBackend } from '../../src/storage/index.js';
import { checkpointUser } from '../../src/upkeep/index.js';
import { initVault, openVault, type UserRepository } from '../../src/vault/index.js';

const OPTIONS = { clock: systemClock, logger: silentLogger };
const CHECKPOINT_EVERY = 600;
const REPEATS = 20;
/** Of a scope's root in a manifest. */
const ENTRY_BYTES = 110;

interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

async function measured(times: number, run: () => Promise<unknown>): Promise<Cost> {
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  for (let i = 0; i < times; i++) await run();
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / 1000 / times, wall: (performance.now() - wall) / times };
}

/** As large as one of a session end. */
function manifest(i: number): Manifest {
  const entry = systemRandom.bytes(ENTRY_BYTES);
  const scope = `session:session_${i % 5000}`;
  return {
    backupId: createUuid(systemClock, systemRandom),
    kind: 'session_end',
    status: 'complete',
    started: Date.now() - 20,
    captured: Date.now(),
    parent: systemRandom.bytes(16),
    scopes: [{ scope, path: Buffer.from(`/_records/${scope}`), entry, files: 500, bytes: 1_000_000 }],
    ended: [],
    session: `session_${i % 5000}`,
    reason: null,
    job: '018f4d2e-0000-7000-8000-000000000000',
    idempotency: null,
    packs: [],
    counts: NO_COUNTS,
    failures: { count: 0, items: [] },
    program: 'bitacora-backup 0.0.0',
    host: 'host',
    codec: 'zstd',
  };
}

const append = (user: UserRepository, i: number) => user.log.append({ kind: 'manifest', body: manifest(i) });

async function newest(user: UserRepository, count: number): Promise<void> {
  let left = count;
  for await (const _ of user.snapshots.newestFirst()) if (--left === 0) return;
}

/** The longest that an entry took while the log was summed up, in milliseconds. */
async function longestWait(user: UserRepository): Promise<number> {
  for (let i = 0; i < CHECKPOINT_EVERY; i++) await append(user, i);
  let longest = 0;
  let isDone = false;
  const summing = checkpointUser(user, OPTIONS).finally(() => {
    isDone = true;
  });
  for (let i = 0; !isDone; i++) {
    const before = performance.now();
    await append(user, i);
    longest = Math.max(longest, performance.now() - before);
    await new Promise((resolve) => void setImmediate(resolve));
  }
  await summing;
  return longest;
}

async function measure(count: number, sums: boolean): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'bitacora-history-'));
  const memory = new MemoryBackend();
  const place = { path: join(root, 'vault'), keyFile: join(root, 'key'), backend: memory };
  try {
    await initVault(place);
    let vault = await openVault(place);
    await vault.ensureUser('ana');
    let user = await vault.openUser('ana');
    let summing = { cpu: 0, wall: 0 };
    let longest = 0;
    for (let i = 0; i < count; i++) {
      await append(user, i);
      if (!sums || i % CHECKPOINT_EVERY !== CHECKPOINT_EVERY - 1) continue;
      const each = await measured(1, () => checkpointUser(user, OPTIONS));
      summing = { cpu: summing.cpu + each.cpu, wall: summing.wall + each.wall };
      longest = Math.max(longest, each.cpu);
    }
    await vault.close();
    const reopen = async (): Promise<void> => {
      vault = await openVault(place);
      user = await vault.openUser('ana');
    };
    // The second time: the first has to read what LevelDB wrote last.
    await reopen();
    user.close();
    await vault.close();
    vault = await openVault(place);
    const opening = await measured(1, async () => {
      user = await vault.openUser('ana');
    });
    await newest(user, 100);
    const create = await measured(REPEATS, () => append(user, 0));
    const list = await measured(REPEATS, () => newest(user, 100));
    let [objects, bytes] = [0, 0];
    for await (const { length } of memory.list(logPrefix(uidOf(user.uid)))) {
      objects++;
      bytes += length;
    }
    const waited = sums ? await longestWait(user) : 0;
    await vault.close();
    await rm(join(place.path, 'index'), { recursive: true });
    const rebuild = await measured(1, reopen);
    await vault.close();
    const row = {
      snapshots: count,
      checkpoints: sums,
      objects,
      megabytes: bytes / 1e6,
      opening,
      create,
      list,
      rebuild,
      waited,
    };
    console.log(JSON.stringify({ ...row, summing, longest }, (_, value) => rounded(value)));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 100) / 100 : value;
}

const counts = process.argv.slice(2).map(Number);
for (const count of counts.length > 0 ? counts : [10, 1000, 10_000, 100_000]) {
  await measure(count, true);
  if (count <= 10_000) await measure(count, false);
}
