import { createHash } from 'node:crypto';
import type { RecordSource } from '../backup/index.js';
import { BitacoraError, toHex, utf8 } from '../base/index.js';
import { sha256 } from '../crypto/index.js';
import type { Snapshot } from '../snapshot/index.js';
import type { UserRepository, Vault } from '../vault/index.js';
import type { OperationContext } from './operation.js';

type Input = Readonly<Record<string, unknown>>;

/**
 * What a request asks for, in a few bytes: its input without the key itself, and the records that came with it. Of records that are
 * being sent it is known once they were read to their end through `records`.
 */
export class Fingerprint {
  /** The records that came with the request, to be read through here. */
  readonly records: RecordSource['open'] | undefined;
  readonly #key: string | undefined;
  readonly #hash = createHash('sha256');
  #digest: string | undefined;

  constructor(operation: string, input: Input, { records }: Pick<OperationContext, 'records'>) {
    const { idempotency_key: key, ...rest } = input;
    this.#key = typeof key === 'string' ? key : undefined;
    this.records = records?.open;
    if (this.#key === undefined) return;
    this.#hash.update(JSON.stringify([operation, rest]));
    // Many megabytes are hashed elsewhere, where somebody could do that.
    if (records?.bytes) this.#hash.update(records.hash ?? sha256(records.bytes));
    else if (records) this.records = (signal) => this.#reading(records.open(signal));
  }

  /** What a manifest keeps of a request with a key: the key, a space, and the digest. */
  get kept(): (() => string) | undefined {
    const key = this.#key;
    return key === undefined ? undefined : () => `${key} ${this.digest}`;
  }

  get digest(): string {
    this.#digest ??= this.#hash.digest('hex');
    return this.#digest;
  }

  /** Reads what is still being sent to its end. */
  async complete(signal: AbortSignal): Promise<void> {
    if (this.records) for await (const _ of this.records(signal));
  }

  async *#reading(parts: ReturnType<RecordSource['open']>): ReturnType<RecordSource['open']> {
    const hash = this.#hash;
    for await (const some of parts) {
      for (const { collection, json } of some) {
        // Lengths first, so that no other split gives the same.
        hash.update(`${Buffer.byteLength(collection)} ${json?.length ?? '-'} `);
        hash.update(utf8(collection));
        if (json) hash.update(json);
      }
      yield some;
    }
  }
}

/** The keys of a user's snapshots as far as they were looked at. */
interface Book {
  /** The highest log entry that was. */
  upTo: number;
  readonly ids: Map<string, string>;
}

/** Of all users together; beyond that those are forgotten that were not asked for longest, and looked up again. */
const KEYS_MAX = 100_000;

/** Which snapshots were made for which keys: found in the manifests once, and only in the newer ones from then on. */
class KeyBooks {
  readonly #books = new Map<string, Book>();
  #count = 0;

  async find(repository: UserRepository, key: string): Promise<string | undefined> {
    const user = toHex(repository.uid);
    const book = this.#books.get(user) ?? { upTo: 0, ids: new Map<string, string>() };
    this.#books.delete(user);
    this.#books.set(user, book);
    let { upTo } = book;
    const fresh: [name: string, id: string][] = [];
    // Forgotten ones, too: what was done once is not done again because it was thinned since.
    for await (const { snapshot } of repository.snapshots.all()) {
      const { seq } = snapshot.entry;
      if (seq <= book.upTo) break;
      upTo = Math.max(upTo, seq);
      const kept = snapshot.manifest.idempotency;
      if (kept === null) continue;
      fresh.push([kept.split(' ', 1)[0]!, snapshot.id]);
    }
    // The newest last: one stands in the place of another that was given up.
    for (const [name, id] of fresh.reverse()) {
      if (!book.ids.has(name)) this.#count++;
      book.ids.set(name, id);
    }
    book.upTo = upTo;
    this.#shrink(user);
    return book.ids.get(key);
  }

  #shrink(latest: string): void {
    for (const [user, { ids }] of this.#books) {
      if (this.#count + this.#books.size <= KEYS_MAX || user === latest) return;
      this.#books.delete(user);
      this.#count -= ids.size;
    }
  }
}

const books = new WeakMap<Vault, KeyBooks>();

/**
 * The snapshot that was made for an earlier request with the same key.
 *
 * @throws {BitacoraError} `REPEAT_DIFFERS` where that one asked for something else.
 */
export async function findRepeated(
  { vault, signal }: Pick<OperationContext, 'vault' | 'signal'>,
  repository: UserRepository,
  key: string,
  fingerprint: Fingerprint,
): Promise<Snapshot | undefined> {
  let own = books.get(vault);
  if (!own) {
    own = new KeyBooks();
    books.set(vault, own);
  }
  const id = await own.find(repository, key);
  if (id === undefined) return undefined;
  const { snapshot, givenUp } = await repository.snapshots.findListed(id);
  // What it held is gone or going: whoever asks again is not told that it is safe.
  if (givenUp) return undefined;
  await fingerprint.complete(signal);
  if (snapshot.manifest.idempotency === `${key} ${fingerprint.digest}`) return snapshot;
  throw repeatDiffers(key);
}

export function repeatDiffers(key: string): BitacoraError {
  const message = `The idempotency key "${key}" came before with another request. Give each request a key of its own.`;
  return new BitacoraError('REPEAT_DIFFERS', message, { details: { idempotency_key: key } });
}
