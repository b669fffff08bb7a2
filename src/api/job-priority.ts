import type { Priority } from '../scheduler/index.js';

/**
 * How urgent a job is: what an application waits for before it goes on comes before what somebody asked for by hand, and that before
 * what runs by itself.
 */
export function jobPriority({
  operation,
  input,
}: {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}): Priority {
  if (operation === 'end') return 'session_end';
  if (operation === 'backup' && (input.type === 'critical' || input.type === 'periodic')) return input.type;
  if (operation === 'retain-all' || (operation === 'scrub' && input.due === true)) return 'periodic';
  if (operation === 'retain-all' || (operation === 'scrub' && input.due === true)) return 'periodic';
  return 'manual';
}
