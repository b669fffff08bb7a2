import { BitacoraError, type Clock, isBitacoraError, type Logger, type Random } from '../base/index.js';
import type { LogEntry, LogRecord } from '../format/index.js';
import type { Backend, CallOptions } from '../storage/index.js';
import type { EntryName, UserIndex, UserKeys } from '../store/index.js';
import { type Application, applyToIndex } from './log-apply.js';
import { appliedHeads, damagedCopy } from './log-catch-up.js';
import type { Head } from './log-chain.js';
import { entryObject, type NamedEntry, openEntry, type SealedEntry, sealEntry } from './log-entry.js';

export interface LogOptions {
  readonly backend: Backend;
  /** Caught up with the backend's log. */
  readonly index: UserIndex;
  readonly keys: UserKeys;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly readOnly: boolean;
  /** Told how long each turn was waited for, milliseconds. */
  readonly onTurn?: ((waitedMs: number) => void) | undefined;
}

/** What an entry does beside saying what it says. */
type Effects = Pick<Application, 'covered' | 'outside' | 'quarantine'>;

/** A user's log: the truth about what snapshots there are. Entries are read from the index's copy, and written to the backend first. */
export class Log {
  readonly #options: LogOptions;
  #heads: readonly Head[] | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #unsure = false;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  /** Whether the backend may have an entry that this knows nothing of, or the index lacks one: opening the user anew settles it. */
  get unsure(): boolean {
    return this.#unsure;
  }

  /**
   * Writes an entry behind all that are there; durable when it resolves. For a manifest this is the commit: every pack
   * that it reaches must be durable before. Calls that overlap are done one after another.
   *
   * @throws {BitacoraError} `VAULT_READ_ONLY`; what the backend's `put` throws: then the entry is not there, or with
   *   `OBJECT_UNKNOWN` may be.
   */
  append(record: LogRecord, options: CallOptions = {}): Promise<NamedEntry> {
    return this.#inTurn(() => this.#append(record, options));
  }

  /**
   * The same of an entry that depends on those before it: `decide` is called when its turn has come, and until its entry is
   * written nobody else's is. Undefined: there is nothing to write.
   */
  appendAfter(
    decide: () => Promise<LogRecord | undefined>,
    options: CallOptions = {},
  ): Promise<NamedEntry | undefined> {
    return this.#inTurn(async () => {
      const record = await decide();
      return record && this.#append(record, options);
    });
  }

  /**
   * The same of a checkpoint, with what it does to the index beside: it stands for entries that are known, and some are in segments no
   * more.
   */
  appendCheckpoint(
    record: Extract<LogRecord, { kind: 'checkpoint' }>,
    effects: Pick<Application, 'covered' | 'outside'>,
    options: CallOptions = {},
  ): Promise<NamedEntry> {
    // What it sums up is applied already, and entries that came since it was summed up may say otherwise.
    return this.#inTurn(() => this.#append(record, options, { ...effects, quarantine: [] }));
  }

  /** Entries that still say something, newest first, read as they are asked for; those in segments are like others. With `before`, only what stands before that. */
  async *newestFirst({ before }: { readonly before?: EntryName | undefined } = {}): AsyncGenerator<NamedEntry> {
    const { index, keys } = this.#options;
    for await (const { seq, hash, sealed } of index.heldEntries(before)) {
      const name = { seq, hash };
      let entry: LogEntry;
      try {
        entry = openEntry(keys, name, sealed);
      } catch (cause) {
        throw await damagedCopy(index, keys, name, cause);
      }
      yield { name, entry };
    }
  }

  /** One entry, wherever it is in the log; undefined where the log has it no more. Throws `DATA_CORRUPT` where the index’s copy is damaged. */
  async entry(name: EntryName): Promise<LogEntry | undefined> {
    const { index, keys } = this.#options;
    const sealed = await index.entry(name);
    try {
      return sealed && openEntry(keys, name, sealed);
    } catch (cause) {
      throw await damagedCopy(index, keys, name, cause);
    }
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const { clock, onTurn } = this.#options;
    const asked = clock.monotonic();
    const result = this.#last.then(() => {
      onTurn?.(clock.monotonic() - asked);
      return run();
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #append(record: LogRecord, options: CallOptions, effects: Effects = {}): Promise<NamedEntry> {
    if (this.#options.readOnly) {
      throw new BitacoraError('VAULT_READ_ONLY', 'Cannot write to the log: the vault is open for reading only.');
    }
    const { index, keys } = this.#options;
    this.#heads ??= await appliedHeads(index, keys);
    // Branches that two writers made are joined by an entry of its own, so that every other entry has one predecessor.
    if (this.#heads.length > 1) await this.#write({ kind: 'merge', body: {} }, options);
    return this.#write(record, options, effects);
  }

  async #write(record: LogRecord, options: CallOptions, effects: Effects = {}): Promise<NamedEntry> {
    const { index, keys, clock, random, logger } = this.#options;
    const heads = this.#heads!;
    const seq = Math.max(0, ...heads.map(({ name }) => name.seq)) + 1;
    const time = Math.max(clock.now(), ...heads.map((head) => head.time + 1));
    const prev = heads.map(({ name }) => name.hash);
    const sealed = sealEntry(keys, { seq, fence: 0, prev, time, ...record }, random);
    try {
      await this.#put(sealed, options);
    } catch (error) {
      this.#unsure = true;
      throw error;
    }
    this.#heads = [{ name: sealed.name, time }];
    try {
      await applyToIndex(index, { ...effects, entries: [sealed], heads: [sealed.name] });
    } catch (error) {
      // The entry is durable, and that is what was asked for. The next opening finds it and enters it.
      this.#unsure = true;
      logger.warn('The index could not take a log entry; it will catch up at the next opening.', {
        object: entryObject(keys, sealed.name),
        error: String(error),
      });
    }
    return { name: sealed.name, entry: sealed.entry };
  }

  /** Where it cannot be told whether the entry is there, putting the same bytes again settles it. */
  async #put({ name, sealed }: SealedEntry, options: CallOptions): Promise<void> {
    const object = entryObject(this.#options.keys, name);
    try {
      await this.#options.backend.put(object, { bytes: sealed }, options);
    } catch (error) {
      if (!isBitacoraError(error, 'OBJECT_UNKNOWN') && !(isBitacoraError(error) && error.retryable)) throw error;
      await this.#options.backend.put(object, { bytes: sealed }, options);
    }
  }
}
