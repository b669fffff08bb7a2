import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../base/index.js';
import { ChunkIndex, isIndexDamage } from '../store/index.js';

/** The vault's index, and the directory that it lives in: the vault's own, or a private one that goes when it is closed. */
export class IndexDirectory {
  readonly #directory: string;
  readonly #temporary: string | undefined;
  readonly #vaultId: Uint8Array;
  readonly #logger: Logger;
  #index: ChunkIndex | undefined;

  private constructor(directory: string, temporary: string | undefined, vaultId: Uint8Array, logger: Logger) {
    this.#directory = directory;
    this.#temporary = temporary;
    this.#vaultId = vaultId;
    this.#logger = logger;
  }

  /** Opens `<vault>/index`, or for reading only an empty one elsewhere. A damaged one is thrown away: it is a cache. */
  static async open(
    vaultPath: string,
    vaultId: Uint8Array,
    readOnly: boolean,
    logger: Logger,
  ): Promise<IndexDirectory> {
    const temporary = readOnly ? await mkdtemp(join(tmpdir(), 'bitacora-index-')) : undefined;
    const directory = join(temporary ?? vaultPath, 'index');
    const opened = new IndexDirectory(directory, temporary, vaultId, logger);
    try {
      await opened.#open();
    } catch (error) {
      if (!isIndexDamage(error)) {
        await opened.close();
        throw error;
      }
      await opened.recreate(error);
    }
    return opened;
  }

  get index(): ChunkIndex {
    if (!this.#index) throw new TypeError('The vault is closed.');
    return this.#index;
  }

  /** Starts over with an empty index; what users had in it is gone, so none may be open. */
  async recreate(cause: unknown): Promise<void> {
    this.#logger.warn('The index is damaged. It is made anew.', { directory: this.#directory, error: String(cause) });
    await this.#index?.close();
    this.#index = undefined;
    await rm(this.#directory, { recursive: true, force: true });
    await this.#open();
  }

  async close(): Promise<void> {
    await this.#index?.close();
    this.#index = undefined;
    if (this.#temporary) await rm(this.#temporary, { recursive: true, force: true });
  }

  async #open(): Promise<void> {
    this.#index = await ChunkIndex.open(this.#directory, { vaultId: this.#vaultId });
  }
}
