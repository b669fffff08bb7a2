import { access, constants, type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Settings } from '../../api/index.js';
import { BitacoraError, errnoCode } from '../../base/index.js';
import type { CheckedConfig, ConfigFile } from './check.js';

/** Where a configuration is looked for unless it is named. */
export const SYSTEM_CONFIG_FILE = '/etc/bitacora/bitacora.toml';

const FILE_BYTES_MAX = 1 << 20;

/** A configuration file that is right, and what it says to operations. */
export interface LoadedConfig extends ConfigFile {
  readonly settings: Settings;
}

/**
 * The configuration that is meant: the named file, which must be there, or the system's, if there is one that may be read.
 * The code that checks it is loaded only then.
 *
 * @throws {BitacoraError} `CONFIG` with every problem, in its message and in `details.problems`; also for a named file that is not
 *   there.
 */
export async function findConfig(named?: string, system = SYSTEM_CONFIG_FILE): Promise<LoadedConfig | undefined> {
  if (named === undefined && !(await isReadable(system))) return undefined;
  const { file, problems, warnings, config } = await inspectConfig(named ?? system);
  const { problemsText } = await import('./check.js');
  if (!config) throw new BitacoraError('CONFIG', problemsText(file, problems), { details: { file, problems } });
  const { settingsOf } = await import('./settings.js');
  return { file, config, warnings, settings: settingsOf(config) };
}

/** What a look at a configuration file finds. Throws `CONFIG` only where it cannot be read. */
export async function inspectConfig(path: string): Promise<CheckedConfig & { readonly file: string }> {
  const file = resolve(path);
  const text = await readText(file);
  const { checkConfig } = await import('./check.js');
  return { file, ...checkConfig(text, file) };
}

async function isReadable(file: string): Promise<boolean> {
  try {
    await access(file, constants.R_OK);
    return true;
  } catch (error) {
    // Not there, or another user's: whoever runs this has a vault of their own. Anything else is told when it is read.
    return !['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoCode(error) ?? '');
  }
}

async function readText(file: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile()) throw refused(file, 'it is no file');
    if (stat.size > FILE_BYTES_MAX) throw refused(file, 'it has more than 1 MiB');
    const uid = process.geteuid?.() ?? 0;
    // It names programs that are run.
    if ((stat.mode & 0o002) !== 0) {
      throw refused(file, 'everybody may write it. Let only its owner do that: `chmod o-w` it');
    }
    // The group of the process itself is often its user's alone.
    if ((stat.mode & 0o020) !== 0 && stat.gid !== process.getegid?.()) {
      throw refused(file, `its group ${stat.gid} may write it. Let only its owner do that: \`chmod g-w\` it`);
    }
    if (stat.uid !== 0 && stat.uid !== uid) throw refused(file, 'it belongs to somebody else, who is not root');
    return await handle.readFile('utf8');
  } catch (cause) {
    if (cause instanceof BitacoraError) throw cause;
    throw refused(file, errnoCode(cause) === 'ENOENT' ? 'it is not there' : (errnoCode(cause) ?? String(cause)), cause);
  } finally {
    await handle?.close();
  }
}

function refused(file: string, why: string, cause?: unknown): BitacoraError {
  return new BitacoraError('CONFIG', `Cannot read the configuration "${file}": ${why}.`, { details: { file }, cause });
}
