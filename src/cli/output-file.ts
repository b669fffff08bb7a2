import { constants } from 'node:fs';
import { type FileHandle, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BitacoraError, errnoCode, isDenied, type Random, toHex, writeError } from '../base/index.js';

/**
 * A file that appears under its name when it is whole, readable by its owner only. What bears the name is replaced by then and
 * not before; a device or fifo is written to as it is.
 */
export class OutputFile {
  readonly path: string;
  bytes = 0;
  readonly #handle: FileHandle;
  /** Where the bytes lie until the end; undefined where they go straight to `path`. */
  #temporary: string | undefined;

  private constructor(path: string, handle: FileHandle, temporary: string | undefined) {
    this.path = path;
    this.#handle = handle;
    this.#temporary = temporary;
  }

  /** @throws {BitacoraError} `TARGET_UNSAFE`, `NO_SPACE`. */
  static async create(path: string, random: Random): Promise<OutputFile> {
    const place = await placeOf(path);
    try {
      if (!place.replaceable) return new OutputFile(place.path, await open(place.path, 'w'), undefined);
      const temporary = join(dirname(place.path), `.bitacora-${toHex(random.bytes(8))}.tmp`);
      return new OutputFile(place.path, await open(temporary, 'wx', 0o600), temporary);
    } catch (error) {
      throw cannotMake(path, error);
    }
  }

  async write(piece: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < piece.length; ) at += (await this.#handle.write(piece, at)).bytesWritten;
      this.bytes += piece.length;
    } catch (error) {
      throw writeError(error, `"${this.path}"`);
    }
  }

  /** Makes it durable and puts it in its place. */
  async finish(): Promise<void> {
    if (this.#temporary === undefined) return;
    try {
      await this.#handle.sync();
      await rename(this.#temporary, this.path);
      this.#temporary = undefined;
      await syncDirectory(dirname(this.path));
    } catch (error) {
      throw writeError(error, `"${this.path}"`);
    }
  }

  /** Closes it, and takes away what was not finished. */
  async close(): Promise<void> {
    await this.#handle.close();
    if (this.#temporary === undefined) return;
    await unlink(this.#temporary);
    this.#temporary = undefined;
  }
}

async function placeOf(path: string): Promise<{ readonly path: string; readonly replaceable: boolean }> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new BitacoraError('TARGET_UNSAFE', `"${path}" is a directory: give a file in it.`);
    // Through a link, so that the link stays one.
    return found.isFile() ? { path: await realpath(path), replaceable: true } : { path, replaceable: false };
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return { path, replaceable: true };
    throw error instanceof BitacoraError ? error : cannotMake(path, error);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function cannotMake(path: string, cause: unknown): BitacoraError {
  const errno = errnoCode(cause);
  if (errno === undefined) throw cause;
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return writeError(cause, `"${path}"`);
  const message = `Cannot write "${path}": ${errno === 'ENOENT' ? 'there is no such directory' : errno}.`;
  const code = isDenied(cause) ? 'TARGET_UNREADABLE' : 'TARGET_UNSAFE';
  return new BitacoraError(code, message, { details: { path, errno }, cause });
}
