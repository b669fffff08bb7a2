import { BitacoraError } from '../../src/base/index.js';
import { createEngine } from '../../src/engine/index.js';
import { World, type WorldUser } from './keeping-world.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

export interface YearsOptions {
  readonly seed: number;
  readonly users: number;
  readonly days: number;
  readonly onDay?: (day: number, tally: Readonly<Record<string, number>>) => void;
}

/** Each user's turn for a prune. */
const PRUNE_DAYS = 7;
const SCRUB_DAYS = 60;

/**
 * Years of a vault in minutes: sessions, edits, retention, prune, scrub, a clock that jumps, deaths with and without the index. Whatever
 * must hold of a user is looked at on every day on which something was done for them; throws what does not hold, and on which day.
 */
export async function runYears({ seed, users, days, onDay }: YearsOptions): Promise<Readonly<Record<string, number>>> {
  const root = fastScratchDirectory('years');
  const engine = await createEngine({ threads: 0 });
  const world = await World.start(root, engine, seed, users);
  try {
    for (let day = 0; day < days; day++) {
      world.day = day;
      setClock(world, day);
      for (const [i, user] of world.users.entries()) await liveOneDay(world, user, i, day);
      if (day % 180 === 179) await lookAtAll(world);
      onDay?.(day, world.tally);
    }
    world.day = days;
    await lookAtAll(world);
    return world.tally;
  } catch (error) {
    throw new Error(`Day ${world.day} of seed ${seed} with ${users} users: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await world.close();
    await engine.close();
    removeScratch(root);
  }
}

/** Now and then the clock is wrong for some days: a month ahead or behind, or six years ahead. */
function setClock(world: World, day: number): void {
  const { random, clock } = world;
  if (clock.off !== 0) {
    // A clock that stays wrong for a week is believed.
    if (random.chance(0.5) || day - world.wrongSince >= 5) clock.off = 0;
  } else if (day > 60 && random.chance(1 / 150)) {
    const days = random.pick([30, -30, 6 * 365]);
    clock.off = days * 24 * 3600 * 1000;
    world.wrongSince = day;
    world.count(`clock ${days > 0 ? '+' : ''}${days} days`);
  }
}

async function liveOneDay(world: World, user: WorldUser, i: number, day: number): Promise<void> {
  const { random } = world;
  const isActive = random.chance(0.3);
  const prunes = (day + i) % PRUNE_DAYS === 0;
  const scrubs = (day + i * 7) % SCRUB_DAYS === 0 && user.snapshots.size > 0;
  if (!isActive && !prunes && !scrubs) return;
  const dies = random.chance(0.01);
  if (dies) world.unsteady.dieAfter(1 + random.below(8));
  try {
    await world.open(user, async (repository) => {
      if (isActive) {
        world.edit(user);
        await world.backup(user, repository);
        await world.retain(repository);
      }
      if (prunes) await world.prune(repository);
      if (prunes) await world.sumUp(repository);
      if (isActive || prunes) await world.check(user, repository);
      if (isActive) await world.read(user, repository);
    });
    if (scrubs) await world.scrub(user);
  } catch (error) {
    if (!world.unsteady.dead || !(error instanceof BitacoraError)) throw error;
  }
  if (!dies) return;
  await world.die(random.chance(0.5));
  await world.open(user, (repository) => world.check(user, repository));
}

/** After the loss of the whole index: all users, some of their snapshots byte for byte, and what they take. */
async function lookAtAll(world: World): Promise<void> {
  await world.die(true);
  for (const user of world.users) {
    await world.open(user, async (repository) => {
      await world.check(user, repository);
      for (let i = 0; i < 3; i++) await world.read(user, repository);
      const { bytes, share, asideDays } = await world.space(user, repository);
      if (bytes > 2 ** 18 && share < 0.3)
        throw new Error(`Of ${bytes} bytes of ${user.name} only ${Math.round(share * 100)} % are needed.`);
      if (asideDays > 90) throw new Error(`A pack of ${user.name} has been aside for ${asideDays} days.`);
    });
  }
}
