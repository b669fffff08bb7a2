import { link, mkdir, open, readdir, readFile, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BitacoraError, concatBytes, errnoCode, type Random, toHex, utf8, writeError } from '../../base/index.js';
import { sha256 } from '../../crypto/index.js';

/** What an item of the outbox says of itself. */
export interface OutboxItem {
  readonly userId: string;
  readonly sessionId: string;
  readonly idempotencyKey: string;
  readonly durability: 'local' | 'all' | undefined;
  /** JSON as it was given; undefined where nothing was. */
  readonly data: Uint8Array | undefined;
}

/** An item that waits, by where it is. */
export interface WaitingItem {
  readonly file: string;
  readonly bytes: number;
}

/** An item that the daemon will never take, and why. */
export interface RefusedItem {
  /** Its idempotency key. */
  readonly id: string;
  readonly code: string;
  readonly message: string;
  /** Undefined where the item itself cannot be read. */
  readonly userId: string | undefined;
  readonly sessionId: string | undefined;
}

const USER = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/;
const SEQUENCE_DIGITS = 12;
const ITEM = /^[0-9]{12}-[\w.@+-]+\.item$/;

/**
 * The directory of an outbox, which several processes may share. `waiting/USER/NUMBER-KEY.item` are the items of a user in their order,
 * numbered behind those that wait: a number may come again, a name with its key does not, so that whoever is done with one removes no
 * other; `refused/KEY.item` with `KEY.json` those that were set aside; `tmp/` what is being written. An item
 * is on disk, synced, before it has its name, and is never changed afterwards.
 */
export class OutboxFiles {
  readonly #directory: string;
  readonly #random: Random;

  private constructor(directory: string, random: Random) {
    this.#directory = directory;
    this.#random = random;
  }

  /** Makes what is missing, for its owner alone, and removes what processes that are gone have not finished. */
  static async open(directory: string, random: Random): Promise<OutboxFiles> {
    const files = new OutboxFiles(directory, random);
    try {
      for (const name of ['', 'waiting', 'refused', 'tmp']) {
        await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
      }
      const { mode, uid } = await stat(directory);
      if ((mode & 0o077) !== 0 || uid !== process.geteuid?.()) {
        const message = `The outbox "${directory}" is not its owner's alone: it holds users' records. Run: chmod 700 "${directory}"`;
        throw new BitacoraError('CONFIG', message, { details: { directory } });
      }
      await syncDirectory(directory);
    } catch (error) {
      throw writeError(error, `the outbox "${directory}"`);
    }
    await files.#cleanTemporary();
    return files;
  }

  /** Keeps an item behind all others of its user. It is safe once this has returned. */
  async add(item: OutboxItem): Promise<WaitingItem> {
    const { userId: user } = item;
    if (!USER.test(user)) throw new BitacoraError('BAD_NAME', `Not a user id: ${JSON.stringify(user)}.`);
    const bytes = encodeItem(item);
    const temporary = join(this.#directory, 'tmp', `${process.pid}-${toHex(this.#random.bytes(8))}`);
    try {
      await writeFile(temporary, bytes, { mode: 0o600, flag: 'wx', flush: true });
      try {
        return { file: await this.#linkBehind(item, temporary), bytes: bytes.length };
      } finally {
        await unlink(temporary);
      }
    } catch (error) {
      throw writeError(error, `the outbox "${this.#directory}"`);
    }
  }

  /** Users with items that wait. */
  async users(): Promise<string[]> {
    const entries = await readdir(join(this.#directory, 'waiting'));
    return entries.filter((name) => USER.test(name));
  }

  /** A user's items that wait, in their order. */
  async waiting(user: string): Promise<string[]> {
    try {
      const names = await readdir(join(this.#directory, 'waiting', user));
      return names
        .filter((name) => ITEM.test(name))
        .sort()
        .map((name) => join(this.#directory, 'waiting', user, name));
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** All that wait, with their sizes. */
  async all(): Promise<WaitingItem[]> {
    const items: WaitingItem[] = [];
    for (const user of await this.users()) {
      for (const file of await this.waiting(user)) {
        const found = await stat(file).catch(ignoreMissing);
        if (found) items.push({ file, bytes: found.size });
      }
    }
    return items;
  }

  /** Removes a user's directory where nothing waits in it. */
  async tidy(user: string): Promise<void> {
    try {
      await rmdir(join(this.#directory, 'waiting', user));
    } catch (error) {
      if (errnoCode(error) !== 'ENOTEMPTY' && errnoCode(error) !== 'ENOENT') throw error;
    }
  }

  /** Undefined where another process has dealt with it. Throws `DATA_CORRUPT` where it is not what was written. */
  async read(file: string): Promise<OutboxItem | undefined> {
    const bytes = await readFile(file).catch(ignoreMissing);
    return bytes && decodeItem(bytes, file);
  }

  /** It was delivered. Should that be forgotten in a crash, it is delivered again, as the same. */
  async remove(file: string): Promise<void> {
    await unlink(file).catch(ignoreMissing);
  }

  /** Sets an item aside, with the reason. */
  async refuse(file: string, item: OutboxItem | undefined, error: BitacoraError): Promise<RefusedItem> {
    const id = item?.idempotencyKey ?? `damaged-${toHex(this.#random.bytes(8))}`;
    const { code, message } = error;
    const refused: RefusedItem = { id, code, message, userId: item?.userId, sessionId: item?.sessionId };
    const place = join(this.#directory, 'refused', id);
    await writeFile(`${place}.json`, `${JSON.stringify(refused)}\n`, { mode: 0o600, flush: true });
    await rename(file, `${place}.item`).catch(ignoreMissing);
    await syncDirectory(join(this.#directory, 'refused'));
    return refused;
  }

  async refused(): Promise<RefusedItem[]> {
    const items: RefusedItem[] = [];
    for (const name of await readdir(join(this.#directory, 'refused'))) {
      if (!name.endsWith('.item')) continue;
      const text = await readFile(this.#refusedPath(name.slice(0, -'.item'.length), 'json'), 'utf8').catch(
        ignoreMissing,
      );
      if (text !== undefined) items.push(JSON.parse(text) as RefusedItem);
    }
    return items;
  }

  /** Has an item that was set aside wait again, behind the others of its user. Throws `USAGE` where there is none. */
  async retry(id: string): Promise<WaitingItem> {
    const item = await this.read(this.#refusedPath(id, 'item'));
    if (!item) throw unknownItem(id);
    const waiting = await this.add(item);
    await this.discard(id);
    return waiting;
  }

  /** Gives up an item that was set aside. */
  async discard(id: string): Promise<void> {
    await rm(this.#refusedPath(id, 'item'), { force: true });
    await rm(this.#refusedPath(id, 'json'), { force: true });
  }

  #refusedPath(id: string, kind: 'item' | 'json'): string {
    if (!/^[\w.@+-]{1,255}$/.test(id)) throw unknownItem(id);
    return join(this.#directory, 'refused', `${id}.${kind}`);
  }

  /** Takes the next number. Who come at the same time may take the same. */
  async #linkBehind({ userId: user, idempotencyKey }: OutboxItem, temporary: string): Promise<string> {
    const directory = join(this.#directory, 'waiting', user);
    for (;;) {
      try {
        // May fail where somebody removes the directory as it looks.
        await mkdir(directory, { recursive: true, mode: 0o700 });
        const last = (await this.waiting(user)).at(-1);
        const number = last === undefined ? 1 : Number(basename(last).slice(0, SEQUENCE_DIGITS)) + 1;
        const file = join(directory, `${String(number).padStart(SEQUENCE_DIGITS, '0')}-${idempotencyKey}.item`);
        await link(temporary, file);
        await syncDirectory(directory);
        // Where the directory may be new, by whoever's hand, its own name may not be safe yet.
        if (last === undefined) await syncDirectory(join(this.#directory, 'waiting'));
        return file;
      } catch (error) {
        // Somebody else has removed the directory, which was empty.
        if (errnoCode(error) !== 'ENOENT') throw error;
      }
    }
  }

  async #cleanTemporary(): Promise<void> {
    const directory = join(this.#directory, 'tmp');
    for (const name of await readdir(directory)) {
      if (!isAlive(Number.parseInt(name, 10))) await rm(join(directory, name), { force: true });
    }
  }
}

/** One line that says what it is, then the data. */
function encodeItem({ userId, sessionId, idempotencyKey, durability, data }: OutboxItem): Uint8Array {
  const hash = data && toHex(sha256(data));
  const head = { outbox: 1, user_id: userId, session_id: sessionId, idempotency_key: idempotencyKey, durability, hash };
  return concatBytes([utf8(`${JSON.stringify(head)}\n`), data ?? new Uint8Array(0)]);
}

function decodeItem(bytes: Uint8Array, file: string): OutboxItem {
  const end = bytes.indexOf(0x0a);
  let head: Record<string, unknown>;
  try {
    head = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as Record<string, unknown>;
  } catch (cause) {
    throw damaged(file, cause);
  }
  const rest = bytes.subarray(end + 1);
  const data = head.hash === undefined ? undefined : rest;
  if (head.outbox !== 1 || (data ? toHex(sha256(data)) !== head.hash : rest.length > 0)) throw damaged(file);
  return {
    userId: String(head.user_id),
    sessionId: String(head.session_id),
    idempotencyKey: String(head.idempotency_key),
    durability: head.durability as OutboxItem['durability'],
    data,
  };
}

function damaged(file: string, cause?: unknown): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `The item "${file}" of the outbox is not what was written.`, { cause });
}

function unknownItem(id: string): BitacoraError {
  return new BitacoraError('USAGE', `The outbox has set no item "${id}" aside.`);
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return errnoCode(error) === 'EPERM';
  }
}

function ignoreMissing(error: unknown): undefined {
  if (errnoCode(error) === 'ENOENT') return undefined;
  throw error;
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
