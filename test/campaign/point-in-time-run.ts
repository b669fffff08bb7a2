import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../src/engine/index.js';
import { MemoryBackend } from '../../src/storage/index.js';
import { initVault, openVault, type Vault } from '../../src/vault/index.js';
import { checkOne } from './point-in-time-check.js';
import { HandClock, History } from './point-in-time-history.js';
import { SeededRandom } from './random.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

export interface PointInTimeOptions {
  readonly histories: number;
  /** Of the first history; each further one has the next. */
  readonly seed: number;
  /** The most things that happen in one. */
  readonly steps: number;
  /** States asked for after each. */
  readonly looks: number;
}

/** Those of the histories, and one that never was. */
const SESSIONS = ['one', 'two', 'three', 'four'];
/** Users whose histories share a vault: more would make the memory of it large. */
const USERS_PER_VAULT = 100;

/**
 * Lets random histories happen, and asks after each thing that happened for random states. Throws with the seed of the history in
 * which one is not as the model has it.
 *
 * @returns How often what happened and was asked for.
 */
export async function runHistories(options: PointInTimeOptions): Promise<Record<string, number>> {
  const tally: Record<string, number> = {};
  const engine = await createEngine({ threads: 0 });
  try {
    for (let done = 0; done < options.histories; done += USERS_PER_VAULT) {
      const histories = Math.min(USERS_PER_VAULT, options.histories - done);
      await inVault(engine, { ...options, histories, seed: options.seed + done }, tally);
    }
  } finally {
    await engine.close();
  }
  return tally;
}

async function inVault(engine: Engine, options: PointInTimeOptions, tally: Record<string, number>): Promise<void> {
  const root = fastScratchDirectory('point-in-time');
  const place = { path: join(root, 'vault'), keyFile: join(root, 'key'), backend: new MemoryBackend() };
  await initVault(place);
  const clock = new HandClock();
  const vault = await openVault({ ...place, clock });
  try {
    for (let i = 0; i < options.histories; i++) {
      const seed = options.seed + i;
      const source = join(root, 'sources', String(seed));
      mkdirSync(source, { recursive: true });
      await replayable(seed, options, () => oneHistory({ engine, vault, clock, source, seed }, options, tally));
    }
  } finally {
    await vault.close();
    removeScratch(root);
  }
}

interface Around {
  readonly engine: Engine;
  readonly vault: Vault;
  readonly clock: HandClock;
  readonly source: string;
  readonly seed: number;
}

async function oneHistory(
  { engine, vault, clock, source, seed }: Around,
  { steps, looks }: PointInTimeOptions,
  tally: Record<string, number>,
): Promise<void> {
  const count = (what: string): void => {
    tally[what] = (tally[what] ?? 0) + 1;
  };
  const random = new SeededRandom(seed);
  const user = `user-${seed}`;
  await vault.ensureUser(user);
  const repository = await vault.openUser(user);
  try {
    const history = new History(source, repository, engine, random, clock);
    for (let step = 2 + random.below(steps - 1); step > 0; step--) {
      count(await history.step());
      for (let look = looks; look > 0; look--) {
        count(`asked: ${await checkOne(repository, history.snapshots, random, SESSIONS, engine)}`);
      }
    }
  } finally {
    repository.close();
  }
}

/** Adds to an error how the history in which it came up is run again. */
async function replayable(seed: number, { steps, looks }: PointInTimeOptions, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const again = `node dist/test/campaign/point-in-time.js --histories 1 --seed ${seed} --steps ${steps} --looks ${looks}`;
    throw new Error(`Run it again: ${again}\n${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
