import { isBitacoraError } from '../base/index.js';
import type { OperationContext } from './operation.js';
import type { Settings } from './settings.js';

/** What a daemon does by itself for the whole vault, by the names of the operations. */
export const ROUND_NAMES = ['retain-all', 'prune', 'scrub'] as const;
export type RoundName = (typeof ROUND_NAMES)[number];

const DAY_MS = 86_400_000;

/** From one run to the next; undefined: turned off. */
export function roundEveryMs(
  { enabled, scrub }: Pick<Settings, 'enabled' | 'scrub'>,
  name: RoundName,
): number | undefined {
  if (name !== 'scrub') return enabled ? DAY_MS : undefined;
  return scrub?.enabled === false ? undefined : (scrub?.everyMs ?? DAY_MS);
}

/**
 * Runs upkeep of the whole vault and keeps in the vault how it went, whoever runs it. What was cancelled is no run.
 *
 * @param outcomeOf - One word of its result.
 */
export async function asRound<T>(
  { vault, clock, logger }: Pick<OperationContext, 'vault' | 'clock' | 'logger'>,
  name: RoundName,
  run: () => Promise<T>,
  outcomeOf: (result: T) => string,
): Promise<T> {
  const started = clock.now();
  const note = async (outcome: string): Promise<void> => {
    if (vault.readOnly) return;
    try {
      await vault.rounds.note(name, { started, ended: clock.now(), outcome });
    } catch (error) {
      logger.warn('That upkeep was done could not be noted; it is done again after the next start.', {
        round: name,
        error: String(error),
      });
    }
  };
  let result: T;
  try {
    result = await run();
  } catch (error) {
    if (!isBitacoraError(error, 'CANCELLED') && !isBitacoraError(error, 'USAGE')) await note('failed');
    throw error;
  }
  await note(outcomeOf(result));
  return result;
}
