import {
  BitacoraError,
  ERROR_CODES,
  type ErrorCode,
  isBitacoraError,
  type Random,
  systemRandom,
  systemTimer,
  type Timer,
  throwIfAborted,
  toHex,
  utf8,
} from '../../base/index.js';
import type { AnswerOf } from '../operations.js';
import type { BitacoraClient, RecordData } from './application.js';
import { OutboxFiles, type OutboxItem, type RefusedItem, type WaitingItem } from './outbox-files.js';

export interface OutboxOptions {
  /** Where items are kept until they are delivered: the outbox's own, made where it is not there, mode 0700. */
  readonly directory: string;
  readonly client: Pick<BitacoraClient, 'end'>;
  /** Items, and bytes of them, that may wait at once. */
  readonly itemsMax?: number;
  readonly bytesMax?: number;
  /** Longest for each attempt. */
  readonly timeoutMs?: number;
  /** From one attempt to the next while nobody answers: doubled each time, up to the longest. */
  readonly retryMs?: number;
  readonly retryMsMax?: number;
  /** Attempts that may end in a fault of the daemon's before an item is set aside. */
  readonly faultsMax?: number;
  /** Called with each item that was delivered. */
  readonly onDelivered?: (answer: AnswerOf<'end'>) => void;
  /** Called when an item was set aside. */
  readonly onRefused?: (item: RefusedItem) => void;
  readonly timer?: Timer;
  readonly random?: Random;
}

export interface EndedSession {
  readonly user_id: string;
  readonly session_id: string;
  readonly data?: RecordData | undefined;
  readonly durability?: 'local' | 'all' | undefined;
}

/** How an outbox is. */
export interface OutboxStatus {
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly refused: number;
  /** Why the last attempt ended without a delivery; undefined where it did not. */
  readonly lastError: BitacoraError | undefined;
}

const ITEMS_MAX = 100_000;
const BYTES_MAX = 2 ** 30;
const USERS_AT_ONCE = 4;

/**
 * Ends of sessions, kept on disk until the daemon has them: nothing is lost while it is down, or when this process dies. Each is delivered at
 * least once and counts once, by its idempotency key; those of one user in their order. What the daemon will never take is set aside and
 * does not keep the others. Several processes may share one directory.
 *
 * @throws {BitacoraError} `CONFIG` where the directory is open to others; `NO_SPACE` and its kin where it cannot be had.
 */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const files = await OutboxFiles.open(options.directory, options.random ?? systemRandom);
  const outbox = new Outbox(options, files);
  await outbox.deliver();
  return outbox;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #files: OutboxFiles;
  readonly #faults = new Map<string, number>();
  /** Of each user what was put last, until it is on disk. */
  readonly #keeping = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #count = { items: 0, bytes: 0 };
  #lastError: BitacoraError | undefined;
  #retryMs: number | undefined;
  #takeBack: (() => void) | undefined;
  #round: Promise<void> | undefined;
  #again = false;

  /** For `openOutbox`. */
  constructor(options: OutboxOptions, files: OutboxFiles) {
    this.#options = options;
    this.#files = files;
  }

  /**
   * Keeps the end of a session. It is on disk, synced, once this has returned, and is delivered as soon as the daemon takes it.
   *
   * @returns its idempotency key, by which it is known from now on.
   * @throws {BitacoraError} `OUTBOX_FULL` where too much waits already; `BAD_NAME`; `NO_SPACE` and its kin.
   */
  async put({ user_id, session_id, data, durability }: EndedSession): Promise<string> {
    throwIfAborted(this.#stop.signal);
    const { random = systemRandom } = this.#options;
    const bytes = data === undefined || data instanceof Uint8Array ? data : utf8(JSON.stringify(data));
    const idempotencyKey = toHex(random.bytes(16));
    const item = { userId: user_id, sessionId: session_id, idempotencyKey, durability, data: bytes };
    // In the order of the calls, also where the one before was not waited for.
    const kept = (this.#keeping.get(user_id) ?? Promise.resolve()).then(() => this.#keep(item));
    const settled = kept
      .catch(() => undefined)
      .then(() => {
        if (this.#keeping.get(user_id) === settled) this.#keeping.delete(user_id);
      });
    this.#keeping.set(user_id, settled);
    await kept;
    // Delivered behind this call's back: whoever wants to know waits in `flush`.
    void this.deliver();
    return idempotencyKey;
  }

  async #keep(item: OutboxItem): Promise<void> {
    const { itemsMax = ITEMS_MAX, bytesMax = BYTES_MAX, directory } = this.#options;
    const bytes = item.data?.length ?? 0;
    if (this.#isOver(itemsMax, bytesMax, bytes)) {
      // Others may have delivered some meanwhile.
      await this.#recount();
      if (this.#isOver(itemsMax, bytesMax, bytes)) throw full(directory, this.#count.items);
    }
    this.#added(await this.#files.add(item));
  }

  /**
   * Resolves once nothing waits any more.
   *
   * @throws {BitacoraError} why an attempt has ended without a delivery, unless more than that is waited for: `CANCELLED` once `signal` is aborted.
   */
  async flush({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    // A round under way may have begun before the newest came.
    await this.#round;
    for (;;) {
      throwIfAborted(signal);
      await this.deliver();
      if ((await this.#files.all()).length === 0) return;
      if (this.#lastError) throw this.#lastError;
    }
  }

  async status(): Promise<OutboxStatus> {
    await this.#recount();
    const { items, bytes } = this.#count;
    const refused = (await this.#files.refused()).length;
    return { waiting: items, waitingBytes: bytes, refused, lastError: this.#lastError };
  }

  /** What was set aside, and why. */
  refused(): Promise<RefusedItem[]> {
    return this.#files.refused();
  }

  /** Has an item that was set aside wait again, behind the others of its user. */
  async retry(id: string): Promise<void> {
    this.#added(await this.#files.retry(id));
    void this.deliver();
  }

  /** Gives up an item that was set aside. */
  discard(id: string): Promise<void> {
    return this.#files.discard(id);
  }

  /** Stops delivering. What waits, waits for the next process. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#takeBack?.();
    await this.#round;
  }

  /** Tries to deliver all that waits, now. Never throws; `status` tells how it went. */
  deliver(): Promise<void> {
    if (this.#round) {
      this.#again = true;
      return this.#round;
    }
    this.#takeBack?.();
    this.#round = this.#rounds().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #rounds(): Promise<void> {
    do {
      this.#again = false;
      try {
        await this.#recount();
        await this.#oneRound(await this.#files.users());
      } catch (error) {
        this.#lastError = isBitacoraError(error) ? error : faultOf(error);
      }
      if (this.#stop.signal.aborted) return;
      // Nobody answers: whoever came meanwhile waits like the others.
    } while (this.#again && !this.#lastError);
    if (this.#lastError) this.#retryLater();
    else this.#retryMs = undefined;
  }

  async #oneRound(users: string[]): Promise<void> {
    this.#lastError = undefined;
    const work = async (): Promise<void> => {
      for (let user = users.shift(); user !== undefined && !this.#stop.signal.aborted; user = users.shift()) {
        await this.#deliverUser(user);
      }
    };
    await Promise.all(Array.from({ length: USERS_AT_ONCE }, work));
  }

  /** In their order: the first that has to wait has the others wait, too. */
  async #deliverUser(user: string): Promise<void> {
    for (const file of await this.#files.waiting(user)) {
      if (this.#stop.signal.aborted || !(await this.#deliverItem(file))) return;
    }
    await this.#files.tidy(user);
  }

  /** Returns whether it is out of the way. */
  async #deliverItem(file: string): Promise<boolean> {
    const { client, onDelivered, onRefused, timeoutMs } = this.#options;
    let item: OutboxItem | undefined;
    try {
      item = await this.#files.read(file);
      if (!item) return true;
      const { userId: user_id, sessionId: session_id, idempotencyKey, durability, data } = item;
      const input = { user_id, session_id, ...(durability && { durability }), ...(data && { data }) };
      const answer = await client.end(input, { idempotencyKey, timeoutMs, signal: this.#stop.signal });
      await this.#files.remove(file);
      this.#faults.delete(file);
      // Apart from this: what the application's own code throws is its own.
      if (onDelivered) queueMicrotask(() => onDelivered(answer));
      return true;
    } catch (error) {
      const known = isBitacoraError(error) ? error : faultOf(error);
      if (this.#mayYetBeTaken(file, known)) {
        this.#lastError = known;
        return false;
      }
      const refused = await this.#files.refuse(file, item, known);
      this.#faults.delete(file);
      if (onRefused) queueMicrotask(() => onRefused(refused));
      return true;
    }
  }

  /** Whether it may be taken later as it is: nobody answers, or whoever answers has no room, no key, no right for now. */
  #mayYetBeTaken(file: string, { code }: BitacoraError): boolean {
    if (WAITS.has(code)) return true;
    const { http } = ERROR_CODES[code];
    if (code === 'DATA_CORRUPT' || (http >= 400 && http < 500)) return false;
    const faults = (this.#faults.get(file) ?? 0) + 1;
    this.#faults.set(file, faults);
    return faults < (this.#options.faultsMax ?? 10);
  }

  #retryLater(): void {
    const { retryMs = 1000, retryMsMax = 60_000, timer = systemTimer } = this.#options;
    this.#retryMs = Math.min(retryMsMax, (this.#retryMs ?? retryMs / 2) * 2);
    this.#takeBack = timer.after(this.#retryMs, () => void this.deliver());
  }

  #isOver(itemsMax: number, bytesMax: number, more: number): boolean {
    return this.#count.items + 1 > itemsMax || this.#count.bytes + more > bytesMax;
  }

  #added({ bytes }: WaitingItem): void {
    this.#count.items++;
    this.#count.bytes += bytes;
  }

  async #recount(): Promise<void> {
    const items = await this.#files.all();
    this.#count = { items: items.length, bytes: items.reduce((sum, { bytes }) => sum + bytes, 0) };
  }
}

/** Codes that say nothing about the item. */
const WAITS: ReadonlySet<ErrorCode> = new Set([
  'DAEMON_SILENT',
  'DAEMON_OTHER',
  'STOPPING',
  'QUEUE_FULL',
  'TIMED_OUT',
  'TOO_MANY',
  'UNAUTHENTICATED',
  'NOT_ALLOWED',
  'NO_SUCH_CALL',
  'DISABLED',
  'CONFIG',
  'CANCELLED',
  'VAULT_BUSY',
  'VAULT_READ_ONLY',
  'NO_SPACE',
  'NOT_DURABLE',
  'BACKEND_FAILED',
  'OBJECT_UNKNOWN',
  'KEY_MISSING',
  'KEY_UNREADABLE',
  'KEY_UNSAFE',
  'KEY_WRONG',
  'KEY_MALFORMED',
]);

function faultOf(error: unknown): BitacoraError {
  return new BitacoraError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error });
}

function full(directory: string, items: number): BitacoraError {
  return new BitacoraError('OUTBOX_FULL', `The outbox "${directory}" is full: ${items} items wait already.`, {
    retryable: true,
    details: { directory },
  });
}
