import { setTimeout as delay } from 'node:timers/promises';
import { isBitacoraError, type Logger, noProgress, throwIfAborted } from '../../base/index.js';
import type { Job } from '../../scheduler/index.js';
import { checkUserName, type Vault } from '../../vault/index.js';

/** How a user's snapshots are. */
export interface BackupAge {
  /** When the newest complete one was made, milliseconds since 1970; undefined: never, as far as is known. */
  readonly success: number | undefined;
  /** Whether what was tried last failed, or was not whole. */
  readonly failing: boolean;
}

/** Users that are looked into when nobody has backed them up yet since the start. */
const SCANNED_MAX = 1000;
/** Users that are kept in mind. */
const USERS_MAX = 10_000;
/** Rest behind each user while nobody waits: it shares a thread with those who ask for something. Opening one takes about 2 ms. */
const REST_MS = 20;
/** Operations that take snapshots. */
const TAKING = new Set(['backup', 'end']);
/** Where there was nobody, or nothing to capture: no data is without a backup for that. */
const NOBODYS = new Set(['NO_SOURCE', 'UNKNOWN_USER']);

/**
 * When each user was backed up last: from the logs of users, once, when somebody first wants to know, and from then on from the jobs
 * that end. Of a vault with very many users only some are known: those that were found first, and whoever fails.
 */
export class BackupAges {
  readonly #most: number;
  readonly #users = new Map<string, BackupAge>();
  #failing = 0;
  #scan: Promise<void> | undefined;
  #scanned = false;
  #complete = true;
  #waiting = 0;

  /** @param most - How many users are kept in mind. */
  constructor(most = USERS_MAX) {
    this.#most = most;
  }

  /** Takes in a job that has ended. */
  note({ operation, user, state, result, error, input }: Job): void {
    if (!TAKING.has(operation) || user === undefined || state === 'cancelled' || input.dry_run === true) return;
    if (error && (NOBODYS.has(error.code) || !isUserName(user))) return;
    const { status, timestamp } = (result ?? {}) as { readonly status?: unknown; readonly timestamp?: unknown };
    // A trigger that was skipped has neither.
    if (state === 'succeeded' && typeof timestamp !== 'string') return;
    const success = state === 'succeeded' && status === 'complete' ? Date.parse(String(timestamp)) : undefined;
    this.#add(user, success, success === undefined);
  }

  /**
   * Begins to look into the users' logs, if that was not done yet, and resolves when it is done or has taken long; it goes on then,
   * slowly. One user's damage hides no other.
   *
   * @param waitMs - Longest that is waited for it.
   * @param signal - Ends it, for everybody.
   */
  async scan(vault: Vault, logger: Logger, waitMs: number, signal: AbortSignal): Promise<void> {
    this.#scan ??= this.#lookInto(vault, logger, signal).catch((error: unknown) => {
      this.#scan = undefined;
      if (!signal.aborted) logger.warn('The logs of users could not be looked into.', { error: String(error) });
    });
    if (this.#scanned) return;
    const enough = new AbortController();
    this.#waiting++;
    try {
      await Promise.race([this.#scan, delay(waitMs, undefined, { signal: enough.signal }).catch(() => undefined)]);
    } finally {
      this.#waiting--;
      enough.abort();
    }
  }

  /** Those who are worst off first. */
  list(): [user: string, age: BackupAge][] {
    return [...this.#users].sort(([, a], [, b]) => (a.success ?? 0) - (b.success ?? 0));
  }

  /** How many are known, and how many of them are failing. */
  get counts(): { readonly known: number; readonly failing: number } {
    return { known: this.#users.size, failing: this.#failing };
  }

  /** Whether the users' logs were looked into; until then those are missing who were not backed up since the start. */
  get scanned(): boolean {
    return this.#scanned;
  }

  /** Whether all users are among them, once they were looked into. */
  get complete(): boolean {
    return this.#complete;
  }

  async #lookInto(vault: Vault, logger: Logger, signal: AbortSignal): Promise<void> {
    let seen = 0;
    for await (const record of vault.eachUser()) {
      throwIfAborted(signal);
      if (seen === SCANNED_MAX) {
        this.#complete = false;
        break;
      }
      seen++;
      // A damaged record is the vault's matter: whose it is cannot be told.
      if (isBitacoraError(record) || record.state !== 'active') continue;
      const { name } = record;
      if (this.#users.get(name)?.success !== undefined) continue;
      try {
        this.#add(name, await newestSuccess(vault, name, signal), this.#users.get(name)?.failing ?? false);
      } catch (error) {
        if (!isBitacoraError(error) || error.code === 'CANCELLED') throw error;
        logger.warn(error.message, { user: name, code: error.code });
        this.#add(name, undefined, true);
      }
      if (this.#waiting === 0) await delay(REST_MS, undefined, { signal });
    }
    this.#scanned = true;
  }

  #add(user: string, success: number | undefined, failing: boolean): void {
    const known = this.#users.get(user);
    if (!known && this.#users.size >= this.#most) {
      this.#complete = false;
      if (!failing || !this.#dropOne()) return;
    }
    const newest = Math.max(known?.success ?? 0, success ?? 0);
    this.#failing += Number(failing) - Number(known?.failing ?? false);
    this.#users.set(user, { success: newest === 0 ? undefined : newest, failing });
  }

  /** Somebody who is well makes room for somebody who is not. Returns whether there was one. */
  #dropOne(): boolean {
    if (this.#failing === this.#users.size) return false;
    for (const [user, { failing }] of this.#users) if (!failing) return this.#users.delete(user);
    return false;
  }
}

function isUserName(name: string): boolean {
  try {
    checkUserName(name);
    return true;
  } catch (error) {
    if (isBitacoraError(error, 'BAD_NAME')) return false;
    throw error;
  }
}

async function newestSuccess(vault: Vault, name: string, signal: AbortSignal): Promise<number | undefined> {
  const repository = await vault.openUser(name, { progress: noProgress, signal });
  try {
    for await (const { time, manifest } of repository.snapshots.newestFirst()) {
      if (manifest.status === 'complete') return time;
    }
    return undefined;
  } finally {
    repository.close();
  }
}
