import { BitacoraError } from '../../src/base/index.js';
import { createEngine } from '../../src/engine/index.js';
import type { UserRepository } from '../../src/vault/index.js';
import { World, type WorldUser } from './keeping-world.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

export interface KeepingOptions {
  readonly seed: number;
  readonly rounds: number;
}

/** What a round mixes, and how often each comes up. */
const WORKS = [
  'backup',
  'backup',
  'backup',
  'prune',
  'prune',
  'prune',
  'checkpoint',
  'checkpoint',
  'read',
  'read',
  'scrub',
  'forget',
  'unforget',
] as const;

/**
 * Works of one user at the same time, each call of the backend waiting by chance: backups one at a time, as the queue has it, beside
 * prunes, readers, scrubs and forgets; some are cancelled, and some rounds end in the death of the process. Then all that must hold is
 * looked at. Throws with the round.
 */
export async function runKeeping({ seed, rounds }: KeepingOptions): Promise<Readonly<Record<string, number>>> {
  const root = fastScratchDirectory('keeping');
  const engine = await createEngine({ threads: 0 });
  const world = await World.start(root, engine, seed, 2);
  world.retains = false;
  let round = 0;
  try {
    for (; round < rounds; round++) {
      world.day += world.random.pick([0, 0, 1, 3]);
      const user = world.random.pick(world.users);
      await oneRound(world, user);
    }
    await world.die(true);
    for (const user of world.users) {
      await world.open(user, async (repository) => {
        await world.check(user, repository);
        for (const { id } of await repository.snapshots.list()) await world.read(user, repository, id);
      });
    }
    return world.tally;
  } catch (error) {
    throw new Error(`Round ${round} of seed ${seed}: ${(error as Error).stack}`, { cause: error });
  } finally {
    await world.close();
    await engine.close();
    removeScratch(root);
  }
}

async function oneRound(world: World, user: WorldUser): Promise<void> {
  const { random } = world;
  world.edit(user);
  if (random.chance(0.15)) world.unsteady.dieAfter(1 + random.below(20));
  world.unsteady.mixes = true;
  let backups: Promise<void> = Promise.resolve();
  const works: Promise<void>[] = [];
  for (let count = 2 + random.below(4); count > 0; count--) {
    const what = random.pick(WORKS);
    const stop = new AbortController();
    const cancels = random.chance(0.15) ? 1 + random.below(60) : 0;
    const work = (): Promise<void> => doWork(world, user, what, stop, cancels);
    // One writer at a time; the others beside it.
    const done = what === 'backup' ? backups.then(work) : work();
    if (what === 'backup') backups = done;
    works.push(done);
  }
  const ended = await Promise.allSettled(works);
  world.unsteady.mixes = false;
  for (const one of ended) if (one.status === 'rejected' && !isExpected(world, one.reason)) throw one.reason;
  if (world.unsteady.dead || random.chance(0.05)) await world.die(random.chance(0.4));
  else world.unsteady.revive();
  await world.open(user, async (repository) => {
    await world.check(user, repository);
    await world.read(user, repository);
  });
}

async function doWork(
  world: World,
  user: WorldUser,
  what: (typeof WORKS)[number],
  stop: AbortController,
  cancels: number,
): Promise<void> {
  for (let turns = world.random.below(6); turns > 0; turns--) await turn();
  void (async () => {
    for (let turns = cancels; turns > 0; turns--) await turn();
    if (cancels > 0) stop.abort();
  })();
  if (what === 'scrub') return world.scrub(user);
  await world.open(user, async (repository) => {
    if (what === 'backup') await world.backup(user, repository, stop.signal);
    else if (what === 'prune') await world.prune(repository, stop.signal);
    else if (what === 'checkpoint') await world.sumUp(repository, stop.signal);
    else if (what === 'read') await world.read(user, repository);
    else await forgetSome(world, repository, what);
  });
}

async function forgetSome(
  world: World,
  { log, snapshots }: UserRepository,
  kind: 'forget' | 'unforget',
): Promise<void> {
  const written = await log.appendAfter(async () => {
    const all = [];
    for await (const listed of snapshots.all()) all.push(listed);
    // The newest stay, as they do with retention.
    const candidates = all.slice(3).filter(({ givenUp, forgotten }) => !givenUp && forgotten === (kind === 'unforget'));
    if (candidates.length === 0) return undefined;
    return { kind, body: { backupIds: [world.random.pick(candidates).snapshot.manifest.backupId] } };
  });
  if (written) world.count(kind);
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** What was cancelled, or broke because the process died. */
function isExpected(world: World, error: unknown): boolean {
  if (!(error instanceof BitacoraError)) return world.unsteady.dead && String(error).includes('The machine has died');
  return error.code === 'CANCELLED' || world.unsteady.dead;
}
