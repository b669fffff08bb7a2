import { BitacoraError, errnoCode } from '../../base/index.js';
import type { LocalFileSystem } from './file-system.js';

interface Round {
  readonly running: Promise<void>;
  /** Starts when `running` has ended; shared by everybody who asked meanwhile. */
  next: Promise<void> | undefined;
}

/**
 * Directory fsyncs, shared: calls for one directory that overlap are answered by one fsync that began after all of
 * them had asked, hence after all of their links.
 *
 * A failed fsync is final for its directory: Linux marks the pages clean and a repeated call would report a success
 * that never reached the disk (wiki.postgresql.org/wiki/Fsync_Errors). The directory takes no more writes until the
 * backend is opened anew.
 */
export class DirectorySync {
  readonly #fileSystem: LocalFileSystem;
  readonly #rounds = new Map<string, Round>();
  readonly #broken = new Map<string, BitacoraError>();

  constructor(fileSystem: LocalFileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** Throws what an earlier fsync of `directory` failed with. */
  check(directory: string): void {
    const error = this.#broken.get(directory);
    if (error) throw error;
  }

  /** Resolves once every change made to `directory` before this call is durable. */
  sync(directory: string): Promise<void> {
    const round = this.#rounds.get(directory);
    if (!round) return this.#start(directory);
    round.next ??= round.running.then(
      () => this.#start(directory),
      () => this.#start(directory),
    );
    return round.next;
  }

  #start(directory: string): Promise<void> {
    const running = this.#run(directory);
    const round: Round = { running, next: undefined };
    this.#rounds.set(directory, round);
    const settled = () => {
      // A waiting round replaces this one when it starts.
      if (!round.next) this.#rounds.delete(directory);
    };
    running.then(settled, settled);
    return running;
  }

  async #run(directory: string): Promise<void> {
    this.check(directory);
    const handle = await this.#fileSystem.open(directory, 'directory');
    try {
      await handle.sync();
    } catch (cause) {
      // Some network and user-space file systems have no such call; they write names through.
      if (['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'].includes(errnoCode(cause) ?? '')) return;
      const errno = errnoCode(cause) ?? '';
      const full = ['ENOSPC', 'EDQUOT'].includes(errno);
      const error = new BitacoraError(
        full ? 'NO_SPACE' : 'BACKEND_FAILED',
        `Cannot make directory "${directory}" durable. ${full ? 'Free some space' : 'Check the disk'}, then open the vault again.`,
        { cause, details: { directory, errno } },
      );
      this.#broken.set(directory, error);
      throw error;
    } finally {
      await handle.close();
    }
  }
}
