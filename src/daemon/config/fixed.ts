import { checkConfig } from './check.js';
import type { Config } from './schema.js';

/** Settings that a running daemon goes by as they were when it started. */
const FIXED: readonly string[] = [
  'backup.workers',
  'backup.storage.primary',
  'backup.storage.local.path',
  'api.listen',
  'api.socket.path',
  'api.socket.group',
  'keys.file',
];

/**
 * Which of the settings that are fixed at the start differ between two configurations.
 *
 * @param before - Undefined without a file.
 * @param overridden - Settings that do not count since the command line decides them.
 */
export function fixedChanges(before: Config | undefined, after: Config, overridden: readonly string[]): string[] {
  const was = before ?? checkConfig('', '/').config!;
  return FIXED.filter((key) => !overridden.includes(key) && settingOf(was, key) !== settingOf(after, key));
}

function settingOf(config: Config, key: string): unknown {
  let at: unknown = config;
  for (const step of key.split('.')) at = (at as Record<string, unknown> | undefined)?.[step];
  return at;
}
