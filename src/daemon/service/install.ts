import { lstat, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BitacoraError, errnoCode } from '../../base/index.js';
import { EXAMPLE_PLAN } from './plan.js';
import { MARK, type UnitFile, unitFiles } from './unit-files.js';

/** What becomes of one file of the service. */
export interface FileOutcome {
  /** Without the root that it is below. */
  readonly path: string;
  readonly state: 'new' | 'changed' | 'unchanged' | 'removed';
  /** As it is from now on; empty of one that was removed. */
  readonly content: string;
}

export interface InstallOptions {
  /** The directory that stands for `/`. */
  readonly root: string;
  /** Changes nothing. */
  readonly dryRun: boolean;
  /** Replaces files that somebody else made, too. */
  readonly force?: boolean;
}

/**
 * Writes the service's files, each as a whole, and removes those that an earlier installation had and this one has not. Once more does
 * nothing more.
 *
 * @throws {BitacoraError} `USAGE` where somebody else's file is in the way, before anything is changed; `NOT_ALLOWED` where this process
 *   may not write there.
 */
export async function installFiles(files: readonly UnitFile[], options: InstallOptions): Promise<FileOutcome[]> {
  const { root, dryRun, force = false } = options;
  const outcomes: FileOutcome[] = [];
  for (const { path, content } of files) {
    const before = await readIfThere(join(root, path));
    if (before !== undefined && before !== content && !before.startsWith(MARK) && !force) {
      const message = `"${path}" was not made by this command. Move it away, or have it replaced with --force.`;
      throw new BitacoraError('USAGE', message, { details: { file: path } });
    }
    outcomes.push({
      path,
      content,
      state: before === undefined ? 'new' : before === content ? 'unchanged' : 'changed',
    });
  }
  const wanted = new Set(files.map(({ path }) => path));
  const gone = await ownFiles(root, (path) => !wanted.has(path));
  if (!dryRun) {
    for (const { path, content, state } of outcomes) if (state !== 'unchanged') await write(join(root, path), content);
    for (const path of gone) await remove(join(root, path));
  }
  return [...outcomes, ...gone.map((path) => ({ path, content: '', state: 'removed' as const }))];
}

/** Removes the files that `installFiles` made, and no others. */
export async function uninstallFiles({ root, dryRun }: InstallOptions): Promise<FileOutcome[]> {
  const own = await ownFiles(root, () => true);
  if (!dryRun) for (const path of own) await remove(join(root, path));
  // Without its file a unit cannot be disabled any more.
  if (!dryRun) for (const path of own) await removeLink(join(root, wantedBy(path)));
  return own.map((path) => ({ path, content: '', state: 'removed' }));
}

/** Every file that any installation may have. */
const ALL_PATHS = unitFiles({ ...EXAMPLE_PLAN, listen: '127.0.0.1:8080' }).map(({ path }) => path);

async function ownFiles(root: string, which: (path: string) => boolean): Promise<string[]> {
  const own: string[] = [];
  for (const path of ALL_PATHS.filter(which)) {
    if ((await readIfThere(join(root, path)))?.startsWith(MARK)) own.push(path);
  }
  return own;
}

/** What `systemctl enable` makes of a unit. */
function wantedBy(path: string): string {
  const target = path.endsWith('.socket') ? 'sockets.target' : 'multi-user.target';
  return join(dirname(path), `${target}.wants`, basename(path));
}

async function removeLink(link: string): Promise<void> {
  const found = await lstat(link).catch(() => undefined);
  if (found?.isSymbolicLink()) await remove(link);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw denied(file, error);
  }
}

async function write(file: string, content: string): Promise<void> {
  const temporary = `${file}.new`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(temporary, content, { mode: 0o644, flush: true });
    await rename(temporary, file);
  } catch (error) {
    throw denied(file, error);
  }
}

async function remove(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    throw denied(file, error);
  }
}

function denied(file: string, cause: unknown): BitacoraError {
  const errno = errnoCode(cause) ?? String(cause);
  const next = errno === 'EACCES' || errno === 'EPERM' ? ' Run this as root.' : '';
  return new BitacoraError('NOT_ALLOWED', `Cannot have the file "${file}" (${errno}).${next}`, { cause });
}
