import { type Config, type ConfigProblem, inspectConfig, SYSTEM_CONFIG_FILE } from '../../daemon/index.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../context.js';

const CONFIG_EXIT = 78;

/** `bitacora config check`: every problem, or the configuration as it is understood. */
export async function runConfigCheck({ globals, output }: CommandContext): Promise<number> {
  const { file, problems, warnings, config } = await inspectConfig(globals.config ?? SYSTEM_CONFIG_FILE);
  if (output.json) output.document({ file, valid: config !== undefined, problems, warnings, config: config ?? null });
  else {
    for (const warning of warnings) output.message(`warning: ${lineText(warning)}`);
    for (const problem of problems) output.message(lineText(problem));
    if (config) {
      for (const line of settingLines(config)) output.line(line);
      output.note(`The configuration "${file}" is right.`);
    } else output.message(`The configuration "${file}" cannot be used.`);
  }
  return config ? EXIT.ok : CONFIG_EXIT;
}

function lineText({ line, message }: ConfigProblem): string {
  return line === undefined ? message : `line ${line}: ${message}`;
}

/** `backup.compression = "zstd"`, a line a setting; times in milliseconds, shares as parts of one. */
function settingLines(value: unknown, key = ''): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
    return value.flatMap((item, index) => settingLines(item, `${key}[${index + 1}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${key} = ${JSON.stringify(value)}`];
  return Object.entries(value as Config).flatMap(([name, inner]) =>
    settingLines(inner, key === '' ? name : `${key}.${name}`),
  );
}
