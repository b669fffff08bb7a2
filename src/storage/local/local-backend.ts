import { dirname, join } from 'node:path';
import { BitacoraError, errnoCode, throwIfAborted } from '../../base/index.js';
import type {
  Backend,
  CallOptions,
  ListOptions,
  ObjectEntry,
  ObjectInfo,
  ObjectRemover,
  PutOutcome,
} from '../contract.js';
import { changeError, checkRange, missingError, readError, shortError } from '../errors.js';
import { CallGate } from '../gate.js';
import { checkObjectName, checkPrefix, type ObjectName } from '../names.js';
import type { ObjectSource } from '../source.js';
import { discardAll } from './durable.js';
import type { LocalFile } from './file-system.js';
import { listFiles } from './list.js';
import { linkToo } from './move.js';
import { type PutContext, putFile } from './put.js';
import { isAbsence, type Root } from './root.js';
import { ownBuffer, readFully } from './transfer.js';

/** Objects as files; made by `openLocalBackend`. One process at a time may write; any number may read. */
export class LocalBackend implements Backend {
  readonly kind = 'local';
  readonly #root: Root;
  readonly #context: PutContext;
  readonly #gate = new CallGate();

  constructor(root: Root, context: PutContext) {
    this.#root = root;
    this.#context = context;
  }

  get(name: ObjectName, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#read(name, options, async (file, length) => {
      const bytes = ownBuffer(length);
      const count = await readFully(file, bytes, 0);
      if (count < length) throw shortError(name, 0, length, count);
      return bytes;
    });
  }

  getRange(name: ObjectName, offset: number, length: number, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#read(name, options, async (file, available) => {
      checkRange(offset, length);
      if (offset + length > available) throw shortError(name, offset, length, available);
      const bytes = ownBuffer(length);
      const count = await readFully(file, bytes, offset);
      if (count < length) throw shortError(name, offset, length, offset + count);
      return bytes;
    });
  }

  stat(name: ObjectName, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return this.#call(name, options, async (path) => {
      try {
        const stat = await this.#context.fileSystem.lstat(path);
        if (stat.kind === 'file') return { length: stat.length };
        if (stat.kind === 'directory') return undefined;
      } catch (error) {
        await this.#confirmAbsent(name, path, error);
        return undefined;
      }
      throw notAFile(name);
    });
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectEntry> {
    checkPrefix(prefix);
    this.#gate.checkOpen();
    try {
      yield* listFiles(this.#context.fileSystem, this.#root, prefix, options);
    } catch (error) {
      throw readError('BACKEND_FAILED', `the list of objects under "${prefix}"`, error);
    }
  }

  localPath(name: ObjectName): string {
    checkObjectName(name);
    return join(this.#root.path, name);
  }

  put(name: ObjectName, source: ObjectSource, options: CallOptions = {}): Promise<PutOutcome> {
    return this.#call(name, options, (path) => putFile(this.#context, name, path, source, options));
  }

  spoolDirectory(): string {
    return this.#context.temporary;
  }

  remover(): ObjectRemover {
    return {
      remove: (name, options = {}) => this.#call(name, options, (path) => this.#remove(name, path)),
      move: (from, to, options = {}) => this.#call(from, options, (path) => this.#move(from, path, to)),
    };
  }

  close(): Promise<void> {
    return this.#gate.close();
  }

  /**
   * Removes unfinished writes and spooled files, all of which are stale: the caller has just taken the vault's lock,
   * and nothing was put or spooled since.
   *
   * @returns how many files were removed.
   */
  async cleanTemporary(): Promise<number> {
    if (!this.#gate.idle) throw new TypeError('Temporary files can be cleaned only while no call is under way.');
    return this.#gate.run(() => discardAll(this.#context));
  }

  async #call<T>(name: ObjectName, options: CallOptions, run: (path: string) => Promise<T>): Promise<T> {
    const path = this.localPath(name);
    return this.#gate.run(() => {
      throwIfAborted(options.signal);
      return run(path);
    });
  }

  #read<T>(name: ObjectName, options: CallOptions, use: (file: LocalFile, length: number) => Promise<T>): Promise<T> {
    return this.#call(name, options, async (path) => {
      const file = await this.#open(name, path);
      try {
        const stat = await file.stat();
        if (stat.kind === 'directory') throw missingError(name);
        if (stat.kind !== 'file') throw notAFile(name);
        return await use(file, stat.length);
      } catch (error) {
        if (error instanceof TypeError) throw error;
        throw readError('BACKEND_FAILED', `object "${name}"`, error);
      } finally {
        await file.close();
      }
    });
  }

  async #open(name: ObjectName, path: string): Promise<LocalFile> {
    try {
      return await this.#context.fileSystem.open(path, 'read');
    } catch (error) {
      if (errnoCode(error) === 'ELOOP') throw notAFile(name);
      await this.#confirmAbsent(name, path, error);
      throw missingError(name, error);
    }
  }

  async #remove(name: ObjectName, path: string): Promise<void> {
    const { fileSystem, directories } = this.#context;
    const directory = dirname(path);
    directories.checkUsable(directory);
    try {
      await fileSystem.unlink(path);
    } catch (error) {
      if (!isAbsence(error) && errnoCode(error) !== 'EISDIR')
        throw changeError(error, `object "${name}" (to remove it)`);
      await this.#confirmAbsent(name, path, error);
    }
    try {
      // Also when it was missing: whoever removed it may have died before this.
      await directories.sync(directory);
    } catch (error) {
      if (!isAbsence(error)) throw changeError(error, `object "${name}" (to remove it)`);
    }
  }

  /** The new name is durable before the old one goes. */
  async #move(from: ObjectName, path: string, to: ObjectName): Promise<void> {
    const target = this.localPath(to);
    if (await linkToo(this.#context, path, target, to)) return this.#remove(from, path);
    // Gone from its old name: a call that was repeated finds it under the new one.
    const { fileSystem, directories } = this.#context;
    try {
      await fileSystem.lstat(target);
    } catch (error) {
      await this.#confirmAbsent(to, target, error);
      throw missingError(from);
    }
    await directories.sync(dirname(target));
    return this.#remove(from, path);
  }

  /** Returns where `error`, from a call on `path`, proves that there is no such object; throws otherwise. */
  async #confirmAbsent(name: ObjectName, path: string, error: unknown): Promise<void> {
    try {
      if (!isAbsence(error) && errnoCode(error) !== 'EISDIR') throw error;
      await this.#root.checkAbsent(path);
    } catch (cause) {
      throw readError('OBJECT_UNKNOWN', `object "${name}"`, cause);
    }
  }
}

function notAFile(name: string): BitacoraError {
  return new BitacoraError('BACKEND_FAILED', `Cannot read object "${name}": it is not a regular file.`);
}
