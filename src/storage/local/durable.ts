import { join } from 'node:path';
import { BitacoraError, errnoCode, type Random, throwIfAborted, toHex, writeError } from '../../base/index.js';
import type { CallOptions } from '../contract.js';
import { readError } from '../errors.js';
import { checkSource, type FileSource, isFileSource, type ObjectSource } from '../source.js';
import type { LocalFile, LocalFileSystem } from './file-system.js';
import { copyFile, writeFully } from './transfer.js';

/**
 * Read-only even for the owner, so that nothing opens an object for writing by mistake. Linking and unlinking need
 * rights on the directories alone, and of the file only that it is the caller's own (`fs.protected_hardlinks`).
 */
const OBJECT_MODE = 0o400;

export interface TemporaryContext {
  readonly fileSystem: LocalFileSystem;
  readonly random: Random;
  /** The directory of unfinished files. */
  readonly temporary: string;
}

/** A file whose content is durable, ready to be linked to its final name. */
export interface DurableFile {
  readonly path: string;
  /** Whether it is the caller's spooled file, which must stay until the call has succeeded. */
  readonly spooled: boolean;
}

/**
 * Brings the source's bytes into a synced file: the spooled file itself, or a new one.
 *
 * A file whose fsync failed is abandoned, since repeating the call would report a success that never reached the disk
 * (wiki.postgresql.org/wiki/Fsync_Errors). One new file is tried; if that fails too, so has the backend.
 */
export async function makeDurable(
  context: TemporaryContext,
  source: ObjectSource,
  options: CallOptions,
): Promise<DurableFile> {
  const afresh = () => writeFile(context, source);
  const first = isFileSource(source) ? () => adopt(context, source) : afresh;
  let failure: unknown;
  for (const attempt of [first, afresh]) {
    throwIfAborted(options.signal);
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SyncFailure)) throw error;
      failure = error.cause;
    }
  }
  throw new BitacoraError('BACKEND_FAILED', 'Cannot write: fsync failed for two files in a row. Check the disk.', {
    cause: failure,
    details: { errno: errnoCode(failure) },
  });
}

/** Removes a temporary name. A leftover is harmless, and never a reason to fail a call that has succeeded. */
export async function discard(fileSystem: LocalFileSystem, path: string): Promise<void> {
  await fileSystem.unlink(path).catch(() => undefined);
}

/** Removes every file in the temporary directory; resolves with their count. */
export async function discardAll({ fileSystem, temporary }: TemporaryContext): Promise<number> {
  try {
    const files = (await fileSystem.readdir(temporary)).filter((entry) => entry.kind !== 'directory');
    for (const { name } of files) await fileSystem.unlink(join(temporary, name));
    return files.length;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return 0;
    throw writeError(error, `directory "${temporary}"`);
  }
}

/** An fsync that failed for a reason other than space; its cause is the system's error. */
class SyncFailure extends Error {}

async function syncFile(file: LocalFile): Promise<void> {
  try {
    await file.sync();
  } catch (cause) {
    // A second file would find no more space than the first.
    if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(errnoCode(cause) ?? '')) throw cause;
    throw new SyncFailure('fsync failed', { cause });
  }
}

/** Syncs the spooled file where it is, or copies it where it lies on another file system. */
async function adopt(context: TemporaryContext, source: FileSource): Promise<DurableFile> {
  const file = await openSpooled(context, source);
  try {
    const stat = await file.stat();
    if (stat.kind !== 'file') throw new BitacoraError('BACKEND_FAILED', `"${source.file}" is not a regular file.`);
    checkSource(source, stat.length);
    const home = await context.fileSystem.stat(context.temporary);
    if (stat.device === home.device) {
      await file.chmod(OBJECT_MODE);
      await syncFile(file);
      return { path: source.file, spooled: true };
    }
  } finally {
    await file.close();
  }
  return writeFile(context, source);
}

/** Writes the source into a new file and syncs it; leaves nothing behind when it throws. */
async function writeFile(context: TemporaryContext, source: ObjectSource): Promise<DurableFile> {
  const { fileSystem, random, temporary } = context;
  const path = join(temporary, `${process.pid}-${toHex(random.bytes(12))}`);
  const file = await fileSystem.open(path, 'create', OBJECT_MODE);
  try {
    try {
      await fill(context, file, source);
      await syncFile(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    await discard(fileSystem, path);
    throw error;
  }
  return { path, spooled: false };
}

async function fill(context: TemporaryContext, file: LocalFile, source: ObjectSource): Promise<void> {
  if (!isFileSource(source)) return writeFully(file, source.bytes);
  const from = await openSpooled(context, source);
  try {
    await copyFile(from, file, source);
  } finally {
    await from.close();
  }
}

async function openSpooled(context: TemporaryContext, source: FileSource): Promise<LocalFile> {
  try {
    return await context.fileSystem.open(source.file, 'read');
  } catch (error) {
    throw readError('BACKEND_FAILED', `the spooled file "${source.file}"`, error);
  }
}
