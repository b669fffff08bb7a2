import { join } from 'node:path';
import type { Engine } from '../../src/engine/index.js';
import { CrashChecker } from './crash-check.js';
import { type History, recordRecovery } from './crash-history.js';
import { type CrashState, crashStates } from './crash-states.js';
import type { SeededRandom } from './random.js';
import { removeScratch } from './scratch.js';

export interface ExploreOptions {
  /** A directory of its own. */
  readonly root: string;
  readonly engine: Engine;
  readonly random: SeededRandom;
  readonly chances: number;
  /** How many states to look at. */
  readonly most: number;
  /** Of this many states one is looked at, chosen at random; all unless told. */
  readonly oneIn?: number;
  /** After one in so many states life goes on, and crashes again. */
  readonly againEvery?: number;
  /** Stops at the first broken state. */
  readonly first?: boolean;
}

export interface Explored {
  readonly states: number;
  /** Different disks among them, whatever the index. */
  readonly disks: number;
  /** States by what had happened to the index. */
  readonly tally: ReadonlyMap<string, number>;
  readonly broken: readonly { readonly state: CrashState; readonly what: string }[];
}

/** Of so many states one is restored to files, and one takes another snapshot. */
const RESTORE_EVERY = 50;
const GO_ON_EVERY = 20;
/** Of the states that a second crash can leave, one in so many is looked at, up to so many. */
const AGAIN_ONE_IN = 10;
const AGAIN_MOST = 100;

/** Looks at the states that crashes could leave of a history. */
export async function exploreHistory(history: History, options: ExploreOptions): Promise<Explored> {
  const { random, chances, most, oneIn = 1, againEvery } = options;
  const checker = new CrashChecker(join(options.root, 'check'), options.engine, history);
  const tally = new Map<string, number>();
  const broken: { state: CrashState; what: string }[] = [];
  let states = 0;
  let ownDisks = 0;
  let disksAgain = 0;
  for (const state of crashStates(history.operations, history.initial, { random, chances })) {
    if (oneIn > 1 && !random.chance(1 / oneIn)) continue;
    states++;
    ownDisks = state.disks;
    tally.set(`index ${state.index.how}`, (tally.get(`index ${state.index.how}`) ?? 0) + 1);
    try {
      await checker.check(state, { restore: states % RESTORE_EVERY === 0, goOn: states % GO_ON_EVERY === 0 });
      if (againEvery && states % againEvery === 0 && isMade(history, state)) {
        const inner = await crashAgain(history, state, options);
        states += inner.states;
        disksAgain += inner.disks;
        tally.set('crashed again', (tally.get('crashed again') ?? 0) + inner.states);
        broken.push(...inner.broken);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      broken.push({ state, what: `after operation ${state.end}, index ${state.index.how}: ${why}` });
      if (options.first) break;
    }
    if (states >= most) break;
  }
  return { states, disks: ownDisks + disksAgain, tally, broken };
}

/** Whether the vault itself had been acknowledged. */
function isMade({ operations }: History, { end }: CrashState): boolean {
  return operations.slice(0, end).some((one) => one.op === 'told' && one.promise.kind === 'vault');
}

async function crashAgain(history: History, state: CrashState, options: ExploreOptions): Promise<Explored> {
  const root = join(options.root, 'again');
  const { random, engine } = options;
  try {
    const recovery = await recordRecovery(root, history, state, random, engine);
    return await exploreHistory(recovery, { root, random, engine, chances: 4, oneIn: AGAIN_ONE_IN, most: AGAIN_MOST });
  } finally {
    removeScratch(root);
  }
}
