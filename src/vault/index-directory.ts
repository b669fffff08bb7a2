import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBitacoraError, type Logger, writeError } from '../base/index.js';
import { ChunkIndex, isIndexDamage } from '../store/index.js';

/** In memory, mostly: there is room for an index where no file system has any. */
const SHARED_MEMORY = '/dev/shm';

export interface IndexDirectoryOptions {
  readonly vaultPath: string;
  readonly vaultId: Uint8Array;
  /** The vault is not written to. */
  readonly readOnly: boolean;
  readonly logger: Logger;
}

/** The vault's index, and the directory that it lives in: the vault's own, or a private one that goes when it is closed. */
export class IndexDirectory {
  readonly #options: IndexDirectoryOptions;
  #directory: string;
  #temporary: string | undefined;
  #index: ChunkIndex | undefined;

  private constructor(options: IndexDirectoryOptions) {
    this.#options = options;
    this.#directory = join(options.vaultPath, 'index');
  }

  /**
   * Opens `<vault>/index`, or an empty one elsewhere: for reading only, and where the vault's file system has no room for what LevelDB
   * writes when it is opened. A damaged one is thrown away: it is a cache.
   */
  static async open(options: IndexDirectoryOptions): Promise<IndexDirectory> {
    const opened = new IndexDirectory(options);
    try {
      if (options.readOnly) await opened.#openElsewhere();
      else await opened.#openOwn();
    } catch (error) {
      await opened.close();
      throw error;
    }
    return opened;
  }

  /** Whether it is a private one, so that nothing in it outlives the process. */
  get isTemporary(): boolean {
    return this.#temporary !== undefined;
  }

  get index(): ChunkIndex {
    if (!this.#index) throw new TypeError('The vault is closed.');
    return this.#index;
  }

  /** Starts over with an empty index; what users had in it is gone, so none may be open. */
  async recreate(cause: unknown): Promise<void> {
    const { logger } = this.#options;
    logger.warn('The index is damaged. It is made anew.', { directory: this.#directory, error: String(cause) });
    await this.#closeIndex();
    await rm(this.#directory, { recursive: true, force: true });
    await this.#openIndex();
  }

  /** Goes on with an empty index elsewhere, as the vault's file system has no room for what must be written. No user may be open. */
  async moveElsewhere(cause: unknown): Promise<void> {
    if (this.isTemporary) throw cause;
    await this.#closeIndex();
    await this.#openElsewhere();
  }

  /** Goes back to the vault's own index, if there is room again. No user may be open. */
  async moveBack(): Promise<void> {
    const { index, directory, temporary } = {
      index: this.#index,
      directory: this.#directory,
      temporary: this.#temporary,
    };
    if (this.#options.readOnly || temporary === undefined) return;
    this.#directory = join(this.#options.vaultPath, 'index');
    try {
      await this.#openIndex();
    } catch (error) {
      if (!isBitacoraError(error)) throw error;
      this.#directory = directory;
      return;
    }
    this.#temporary = undefined;
    await index?.close();
    await rm(temporary, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    try {
      await this.#closeIndex();
    } finally {
      if (this.#temporary) await rm(this.#temporary, { recursive: true, force: true });
    }
  }

  async #openOwn(): Promise<void> {
    try {
      await this.#openSound();
    } catch (error) {
      if (!isBitacoraError(error, 'NO_SPACE')) throw error;
      await this.#openElsewhere();
    }
  }

  async #openSound(): Promise<void> {
    try {
      await this.#openIndex();
    } catch (error) {
      if (!isIndexDamage(error)) throw error;
      await this.recreate(error);
    }
  }

  /** Where there is room: the file system of temporary files may be the full one itself. */
  async #openElsewhere(): Promise<void> {
    let failure: unknown;
    for (const place of [tmpdir(), SHARED_MEMORY]) {
      try {
        const temporary = await mkdtemp(join(place, 'bitacora-index-'));
        this.#temporary = temporary;
        this.#directory = join(temporary, 'index');
        await this.#openIndex();
        return;
      } catch (error) {
        failure ??= writeError(error, `a temporary index in "${place}"`);
        if (this.#temporary) await rm(this.#temporary, { recursive: true, force: true });
      }
    }
    throw failure;
  }

  async #openIndex(): Promise<void> {
    this.#index = await ChunkIndex.open(this.#directory, { vaultId: this.#options.vaultId });
  }

  async #closeIndex(): Promise<void> {
    const index = this.#index;
    this.#index = undefined;
    await index?.close();
  }
}
