import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { BitacoraError, errnoCode, isDenied } from '../base/index.js';
import { closeFd, openDirectory, readDirectory, tryLock } from '../posix/index.js';
import { openBelow, realPathBelow } from './beneath.js';
import type { RestoreOptions } from './options.js';
import { NOTHING_SPARED, type Spared, sparedOf } from './spared.js';
import { isStagingName } from './staging.js';

/** The directory that is restored into, held open: everything else is reached from it. */
export interface Target {
  /** Undefined in a dry run when there is none yet. */
  readonly fd: number | undefined;
  readonly path: string;
  /** Whether no other restore can be at work here, so that leftovers of killed ones may go. */
  readonly locked: boolean;
  readonly spared: Spared;
  close(): void;
}

/**
 * Checks the target and opens it; makes its last component where it is missing.
 *
 * @throws {BitacoraError} `USAGE`, `TARGET_IN_VAULT`, `TARGET_UNSAFE`, `TARGET_UNREADABLE`, `TARGET_NOT_EMPTY`, `TARGET_BUSY`, `NO_SPACE`.
 */
export function openTarget(options: RestoreOptions): Target {
  const path = resolve(options.target);
  checkWishes(options, path);
  const vaultPath = options.source.vaultPath;
  const fd = options.beneath === undefined ? openNamed(path, options) : openAllowed(options.beneath, path, options);
  if (fd === undefined) return { fd, path, locked: false, spared: NOTHING_SPARED, close() {} };
  try {
    if (!options.overwrite) checkEmpty(fd, path);
    const lock = options.dryRun ? 'unsupported' : tryLock(fd);
    if (lock === 'busy') {
      const message = `Another restore is writing to "${path}". Wait for it to end, or choose another target.`;
      throw new BitacoraError('TARGET_BUSY', message, { retryable: true, details: { target: path } });
    }
    return {
      fd,
      path,
      locked: lock === 'locked',
      spared: sparedOf(vaultPath, options.source.keyFile),
      close: () => closeFd(fd),
    };
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** A target that was named by somebody who may name what he likes. Undefined in a dry run where there is none. */
function openNamed(path: string, { source, dryRun }: RestoreOptions): number | undefined {
  const there = lookAt(path);
  if (source.vaultPath !== undefined) {
    checkOutsideVault(path, path === '/' ? '/' : join(realParent(path), basename(path)), source.vaultPath);
  }
  if (!there) {
    if (dryRun) return undefined;
    make(path);
  }
  return openUnfollowed(path);
}

/** One that must be below a directory. */
function openAllowed(root: string, path: string, { source, dryRun }: RestoreOptions): number | undefined {
  try {
    if (source.vaultPath !== undefined) checkOutsideVault(path, realPathBelow(root, path), source.vaultPath);
    return openBelow(root, path, dryRun !== true);
  } catch (error) {
    if (error instanceof BitacoraError) throw error;
    throw cannotUse(path, error);
  }
}

function checkWishes(options: RestoreOptions, path: string): void {
  if (options.delete && path === '/') {
    throw new BitacoraError(
      'USAGE',
      'Deleting is refused with "/" as the target. Restore to a directory, or without it.',
    );
  }
  if (options.flatten && options.scopes.length !== 1) {
    const message = `Flattening needs exactly one path scope, and there are ${options.scopes.length}. Leave it out, or name a snapshot of one.`;
    throw new BitacoraError('USAGE', message);
  }
}

/** Whether the target exists; throws when it is anything but a directory. */
function lookAt(path: string): boolean {
  try {
    const found = lstatSync(path);
    if (found.isDirectory()) return true;
    const what = found.isSymbolicLink() ? 'a symbolic link' : 'not a directory';
    throw new BitacoraError('TARGET_UNSAFE', `The target "${path}" is ${what}. Give the directory itself.`, {
      details: { target: path },
    });
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false;
    if (errnoCode(error) === undefined) throw error;
    throw cannotUse(path, error);
  }
}

function checkOutsideVault(path: string, real: string, vaultPath: string): void {
  const vault = realpathSync(vaultPath);
  if (real !== vault && !real.startsWith(vault + sep)) return;
  const message = `The target "${path}" lies inside the vault "${vaultPath}". Choose a directory outside of it.`;
  throw new BitacoraError('TARGET_IN_VAULT', message, { details: { target: path, vault: vaultPath } });
}

function realParent(path: string): string {
  try {
    return realpathSync(dirname(path));
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw cannotUse(path, error);
    const message = `Cannot create "${path}": "${dirname(path)}" does not exist. Create it first.`;
    throw new BitacoraError('TARGET_UNSAFE', message, { details: { target: path }, cause: error });
  }
}

function make(path: string): void {
  try {
    realParent(path);
    mkdirSync(path);
  } catch (error) {
    if (error instanceof BitacoraError) throw error;
    throw cannotUse(path, error);
  }
}

function openUnfollowed(path: string): number {
  try {
    return openDirectory(path, { follow: false });
  } catch (error) {
    throw cannotUse(path, error);
  }
}

function checkEmpty(fd: number, path: string): void {
  const listing = readDirectory(fd);
  for (let i = 0; i < listing.length; i++) {
    if (isStagingName(listing.name(i))) continue;
    const message =
      `The target "${path}" is not empty. Choose an empty directory, or say what happens to existing files: ` +
      '--overwrite never, changed or always.';
    throw new BitacoraError('TARGET_NOT_EMPTY', message, { details: { target: path } });
  }
}

function cannotUse(path: string, error: unknown): BitacoraError {
  const errno = errnoCode(error);
  const isFull = errno === 'ENOSPC' || errno === 'EDQUOT';
  const code = isFull ? 'NO_SPACE' : isDenied(error) ? 'TARGET_UNREADABLE' : 'TARGET_UNSAFE';
  const text = error instanceof Error ? error.message : String(error);
  return new BitacoraError(code, `Cannot use the target "${path}": ${text}`, {
    details: { target: path },
    cause: error,
  });
}
