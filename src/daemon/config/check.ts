import { dirname, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { codecLevels } from '../../codec/index.js';
import { keyLines, lineOf } from './key-lines.js';
import { type ConfigProblem, explainIssues } from './problems.js';
import { type Config, configSchema } from './schema.js';
import { warnOfUnused } from './unused.js';

/** A configuration file that is right, its paths absolute. */
export interface ConfigFile {
  /** Absolute. */
  readonly file: string;
  readonly config: Config;
  /** What the operator should know. */
  readonly warnings: readonly ConfigProblem[];
}

/** What a look at a configuration text finds: all of its problems, or the configuration. */
export interface CheckedConfig {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
  readonly config: Config | undefined;
}

/** @param file - The text's own path: what relative paths in it are relative to. */
export function checkConfig(text: string, file: string): CheckedConfig {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const message = `This is not TOML: ${error.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '')}.`;
    return { problems: [{ line: error.line, key: '', message }], warnings: [], config: undefined };
  }
  const lines = keyLines(text);
  const warnings = warnOfUnused(value, lines);
  const parsed = configSchema.safeParse(value);
  const together = (parsed.success ? disagreements(parsed.data) : soundDisagreements(value)).map(
    ({ key, message }) => ({ line: lineOf(lines, key.split('.')), key, message }),
  );
  if (!parsed.success) {
    const problems = [...explainIssues(parsed.error.issues, value, lines), ...together];
    return { problems: problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)), warnings, config: undefined };
  }
  if (together.length > 0) return { problems: together, warnings, config: undefined };
  return { problems: [], warnings, config: withAbsolutePaths(parsed.data, dirname(resolve(file))) };
}

/** One line a problem, as compilers have it. */
export function problemsText(file: string, problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.map(({ line, message }) => `  ${line === undefined ? '' : `line ${line}: `}${message}`);
  return [`The configuration "${file}" has ${count}:`, ...lines].join('\n');
}

/** What the schema cannot say of two settings together. */
function disagreements({ backup }: Config): { key: string; message: string }[] {
  const problems: { key: string; message: string }[] = [];
  const { compression, compression_level: level, storage } = backup;
  if (level !== undefined) {
    const { min, max } = codecLevels(compression);
    if (level < min || level > max) {
      const wanted =
        min === max ? `${compression} has only the one level ${min}` : `expected ${min} to ${max} with ${compression}`;
      problems.push({ key: 'backup.compression_level', message: `"backup.compression_level" is ${level}: ${wanted}.` });
    }
  }
  if (storage.secondary === 's3' && !storage.s3) {
    const message = '"backup.storage.secondary" is "s3": expected a table [backup.storage.s3] that names the bucket.';
    problems.push({ key: 'backup.storage.secondary', message });
  }
  return problems;
}

/** Of a file with other problems: what settings say together that are right each by itself. */
function soundDisagreements(value: unknown): { key: string; message: string }[] {
  const backup: unknown = Object(value).backup;
  return [['compression', 'compression_level'], ['storage']].flatMap((keys) => {
    const some = Object.fromEntries(Object.entries(Object(backup)).filter(([key]) => keys.includes(key)));
    const parsed = configSchema.safeParse({ backup: some });
    return parsed.success ? disagreements(parsed.data) : [];
  });
}

function withAbsolutePaths(config: Config, base: string): Config {
  const absolute = (path: string): string => resolve(base, path);
  const maybe = (path: string | undefined): { path?: string } => (path === undefined ? {} : { path: absolute(path) });
  // A program without a slash is looked for where programs are.
  const program = ([name, ...args]: readonly string[]): string[] => [
    name!.includes('/') ? absolute(name!) : name!,
    ...args,
  ];
  const { alerts, backup, api, hooks, keys, records, restore } = config;
  const { storage } = backup;
  return {
    ...config,
    backup: { ...backup, storage: { ...storage, local: { ...storage.local, ...maybe(storage.local.path) } } },
    api: { ...api, socket: { ...api.socket, ...maybe(api.socket.path) } },
    source: config.source.map((row) => ({
      ...row,
      ...maybe(row.path),
      ...(row.command && { command: program(row.command) }),
    })),
    hooks: {
      ...hooks,
      ...(hooks.before && { before: program(hooks.before) }),
      ...(hooks.after && { after: program(hooks.after) }),
    },
    keys: keys.file === undefined ? keys : { file: absolute(keys.file) },
    restore: { allowed_targets: restore.allowed_targets.map(absolute) },
    records: { ...records, ...(records.pull_command && { pull_command: program(records.pull_command) }) },
    ...(alerts?.command && { alerts: { command: program(alerts.command) } }),
  };
}
