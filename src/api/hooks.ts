import { runHook } from '../backup/index.js';
import { BitacoraError, throwIfAborted } from '../base/index.js';
import type { OperationContext } from './operation.js';
import type { HookSettings } from './settings.js';

/** What the hook behind a backup is told of it. */
export interface Outcome {
  /** `complete` or `partial`. */
  readonly status: string;
  readonly backup_id: string | null;
}

/** How long a hook may take to end when it is asked to. */
const GRACE_MS = 5000;

/**
 * Runs `work` between the configured hooks. The first hook's failure is the failure of the whole. Once the first was begun the
 * second runs whatever happens, cancelling included; its own failure is a warning.
 *
 * @param warn - Told of it.
 * @throws {BitacoraError} `HOOK_FAILED`; what `work` throws.
 */
export async function betweenHooks<T extends Outcome>(
  { settings, jobId, signal }: Pick<OperationContext, 'settings' | 'jobId' | 'signal'>,
  user: string,
  warn: (message: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const { before, after } = settings.hooks;
  const env = { BITACORA_USER: user, BITACORA_JOB: jobId ?? '' };
  let outcome = { BITACORA_STATUS: 'failed', BITACORA_BACKUP_ID: '' };
  try {
    if (before) await runBefore(before, env, signal);
    const result = await work();
    outcome = { BITACORA_STATUS: result.status, BITACORA_BACKUP_ID: result.backup_id ?? '' };
    return result;
  } catch (error) {
    if (error instanceof BitacoraError && error.code === 'CANCELLED') outcome.BITACORA_STATUS = 'cancelled';
    throw error;
  } finally {
    if (after) await runAfter(after, { ...env, ...outcome }, warn);
  }
}

async function runBefore(
  hook: HookSettings,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await runHook('before', specOf(hook, env), signal);
  } finally {
    // One that was stopped because the backup was has not failed.
    throwIfAborted(signal);
  }
}

async function runAfter(
  hook: HookSettings,
  env: Readonly<Record<string, string>>,
  warn: (message: string) => void,
): Promise<void> {
  try {
    // Not the job's signal: what was frozen must be thawed.
    await runHook('after', specOf(hook, env), new AbortController().signal);
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
  }
}

function specOf(
  { argv, timeoutMs }: HookSettings,
  env: Readonly<Record<string, string>>,
): Parameters<typeof runHook>[1] {
  const [program, ...args] = argv;
  return { argv: [program!, ...args], timeoutMs, graceMs: GRACE_MS, env };
}
