import { pullRecords, type RecordSource } from '../../backup/index.js';
import type { HookSettings } from '../settings.js';

/** Whose records are wanted. */
export interface PullFor {
  readonly user: string;
  /** Undefined where no session is meant. */
  readonly session: string | undefined;
}

/** How long the command may take to end when it is asked to. */
const GRACE_MS = 5000;

/**
 * The records that the configured command gives. It is told whose in its environment (`BITACORA_USER`, `BITACORA_SESSION`), and where its
 * arguments say `{user}` or `{session}`. See `pullRecords`.
 */
export function pullFrom({ argv, timeoutMs }: HookSettings, { user, session = '' }: PullFor): RecordSource['open'] {
  const filled = argv.map((part) => part.replaceAll('{user}', user).replaceAll('{session}', session));
  const [program, ...args] = filled;
  const env = { BITACORA_USER: user, BITACORA_SESSION: session };
  return pullRecords({ argv: [program!, ...args], env, timeoutMs, graceMs: GRACE_MS });
}
