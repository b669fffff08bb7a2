import type { ConfiguredSource, HookSettings, Settings } from '../../api/index.js';
import type { Config } from './schema.js';

const COMMAND_TIMEOUT_MS = 3_600_000;

/** What the configuration says to operations. */
export function settingsOf({ backup, source, hooks }: Config): Settings {
  const hook = (argv: readonly string[] | undefined): HookSettings | undefined =>
    argv && { argv, timeoutMs: hooks.timeout };
  return {
    enabled: backup.enabled,
    codec: backup.compression,
    level: backup.compression_level,
    exclude: backup.exclude,
    sources: source.map(sourceOf),
    hooks: { before: hook(hooks.before), after: hook(hooks.after) },
  };
}

function sourceOf(row: Config['source'][number]): ConfiguredSource {
  const common = { user: row.user, exclude: row.exclude, atSessionEnd: row.at_session_end };
  if (row.path !== undefined) return { ...common, kind: 'path', path: row.path };
  return {
    ...common,
    kind: 'command',
    name: row.name!,
    argv: row.command!,
    timeoutMs: row.timeout ?? COMMAND_TIMEOUT_MS,
  };
}
