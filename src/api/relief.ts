import { isBitacoraError } from '../base/index.js';
import { pruneUser, retain } from '../upkeep/index.js';
import type { UserRepository } from '../vault/index.js';
import type { OperationContext } from './operation.js';
import { retainOptions } from './retain-after.js';

/** Of one user who could not be helped, at most so often: each time goes through all that the user has. */
const EVERY_MS = 60_000;
/** Of everybody. */
const ALL_EVERY_MS = 600_000;

interface Relieved {
  readonly users: Map<string, number>;
  all: number;
}

const relieved = new WeakMap<object, Relieved>();

/** What was tried, and what kept it from freeing more. */
export interface Relief {
  /** More would have gone at once than goes without being asked for. */
  readonly held: boolean;
}

/**
 * Makes room in what one user has: lets go of what the policy no longer keeps, puts aside what nobody needs, and removes of what is aside
 * as much as is wanted, before its grace if need be: what was just put aside after another mark. The caller must not have read anything
 * of the user that it goes on to use. Undefined where this was tried a moment ago.
 */
export async function relieveUser(
  context: OperationContext,
  repository: UserRepository,
  pressBytes: number,
): Promise<Relief | undefined> {
  const { vault, clock, settings, logger, progress, signal } = context;
  const { users } = stateOf(context);
  const last = users.get(repository.name) ?? Number.NEGATIVE_INFINITY;
  if (clock.monotonic() - last < EVERY_MS) return undefined;
  users.set(repository.name, clock.monotonic());
  let held = false;
  try {
    await retain(repository, retainOptions(context, false));
    const engine = await context.engine();
    const { codec, level } = settings;
    const common = { engine, codec, level, clock, logger, progress, signal, opened: vault.opened };
    let wanted = pressBytes;
    for (let run = 0; run < 2 && wanted > 0; run++) {
      const options = { ...common, pressBytes: wanted };
      const { status, purged, aside } = await vault.stored.exempting(repository.uid, () =>
        pruneUser(repository, options),
      );
      held ||= status === 'held';
      wanted -= purged.bytes;
      if (aside.bytes === 0) break;
    }
    if (wanted <= 0) users.delete(repository.name);
  } catch (error) {
    if (!isBitacoraError(error) || error.code === 'CANCELLED') throw error;
    logger.error('No room could be made.', { user: repository.name, code: error.code, error: error.message });
  }
  return { held };
}

/** Has a daemon make room in what all have, as a job of its own. Resolves with its id; undefined where nobody does. */
export async function relieveAll(context: OperationContext, pressBytes: number): Promise<string | undefined> {
  const { daemon, clock, logger } = context;
  const state = stateOf(context);
  if (!daemon || clock.monotonic() - state.all < ALL_EVERY_MS) return undefined;
  state.all = clock.monotonic();
  try {
    const input = { free_bytes: Math.ceil(pressBytes) };
    const request = { operation: 'prune', user: undefined, access: 'read', durable: false, input } as const;
    return (await daemon.queue.submit(request)).id;
  } catch (error) {
    if (!isBitacoraError(error)) throw error;
    logger.warn('No room could be asked for.', { code: error.code, error: error.message });
    return undefined;
  }
}

function stateOf({ vault }: OperationContext): Relieved {
  let state = relieved.get(vault);
  if (!state) {
    state = { users: new Map(), all: Number.NEGATIVE_INFINITY };
    relieved.set(vault, state);
  }
  return state;
}
