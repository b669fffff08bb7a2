import { BitacoraError, isBitacoraError } from '../base/index.js';
import { Calendar, completePolicy, DEFAULT_POLICY, type RetainOptions, retainBehind } from '../upkeep/index.js';
import type { UserRepository } from '../vault/index.js';
import type { OperationContext } from './operation.js';
import type { Settings } from './settings.js';

const calendars = new Map<string | undefined, Calendar>();

/** What of retention the configuration, the clock and the caller decide. */
export function retainOptions(
  { settings, clock, vault, signal }: Pick<OperationContext, 'settings' | 'clock' | 'vault' | 'signal'>,
  dryRun: boolean,
): RetainOptions {
  const { retention, timezone } = settings;
  const policy = retention ? completePolicy(retention) : DEFAULT_POLICY;
  return { policy, calendar: calendarOf(timezone), clock, opened: vault.opened, dryRun, signal };
}

/** Retention behind a snapshot that is committed: whatever goes wrong is a warning, since the snapshot stands. */
export async function retainAfter(
  context: OperationContext,
  repository: UserRepository,
): Promise<{ readonly forgotten: number; readonly warnings: readonly string[] }> {
  try {
    const { forgotten, warnings } = await retainBehind(repository, retainOptions(context, false));
    return { forgotten: forgotten.length, warnings };
  } catch (error) {
    context.logger.error('Retention failed; the snapshot is safe, and nothing was forgotten.', {
      user: repository.name,
      error: String(error),
    });
    const why = error instanceof BitacoraError ? error.message : 'There is a fault in the program.';
    if (isBitacoraError(error, 'CANCELLED')) return { forgotten: 0, warnings: [] };
    return { forgotten: 0, warnings: [`Nothing was forgotten by retention: ${why}`] };
  }
}

function calendarOf(zone: Settings['timezone']): Calendar {
  let calendar = calendars.get(zone);
  if (!calendar) {
    calendar = new Calendar(zone);
    calendars.set(zone, calendar);
  }
  return calendar;
}
