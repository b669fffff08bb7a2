import { BitacoraError, type Clock, fromHex, isoTime, type Logger, type Random, toHex } from '../base/index.js';
import { sameBytes, sha256 } from '../crypto/index.js';
import { TOKEN_VERSION_MAX, type TokenRecord } from '../format/index.js';
import type { TokenFiles } from '../vault/index.js';
import type { TokenDocument } from './contract/token.js';

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const TOKENS_MAX = 10_000;
/** The last use is written down so often only; in between it is kept in memory. */
const USED_GRAIN_MS = 86_400_000;
/** And where that failed, not with every call. */
const TRY_AGAIN_MS = 3_600_000;
const TOKEN = /^bitacora_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;
const NO_HASH = new Uint8Array(32);

/** What a new token is to be. */
export type TokenWishes = Pick<TokenRecord, 'name' | 'users' | 'scopes' | 'expires'>;

const opened = new WeakMap<TokenFiles, Tokens>();

/** The tokens of a vault: one object for everybody who has it open, so that what one revokes counts for nobody. */
export function tokensOf({ tokens }: { readonly tokens: TokenFiles }): Tokens {
  let all = opened.get(tokens);
  if (!all) {
    all = new Tokens(tokens);
    opened.set(tokens, all);
  }
  return all;
}

/**
 * Bearer tokens, as `bitacora_<id>_<secret>`: 8 and 32 random bytes, in hex and base64url. Kept is a hash of the secret. All are
 * in memory, so that whoever asks is told from it at once.
 */
export class Tokens {
  readonly #files: TokenFiles;
  readonly #records = new Map<string, TokenRecord>();
  /** Last uses that are not written down yet. */
  readonly #used = new Map<string, number>();
  /** When it was last tried to write them down. */
  readonly #tried = new Map<string, number>();
  readonly #listeners = new Set<(id: string) => void>();
  #loaded: Promise<void> | undefined;
  /** Changes are done one after another. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(files: TokenFiles) {
    this.#files = files;
  }

  /** Reads them, once. A record that is damaged counts for nothing; it is logged. */
  async load(logger: Logger): Promise<void> {
    this.#loaded ??= this.#load(logger);
    try {
      await this.#loaded;
    } catch (error) {
      this.#loaded = undefined;
      throw error;
    }
  }

  /**
   * The record of a token that somebody shows; undefined where it is none, or counts no more. In constant time once the id is
   * known, which is no secret. They must be loaded.
   */
  find(text: string, now: number): TokenRecord | undefined {
    const [, id = '', secret = ''] = TOKEN.exec(text) ?? [];
    const record = this.#records.get(id);
    const same = sameBytes(sha256(Buffer.from(secret, 'base64url')), record?.hash ?? NO_HASH);
    if (!record || !same || (record.expires !== 0 && now >= record.expires)) return undefined;
    return record;
  }

  /** Has somebody told of the id of every token that is revoked, at once. */
  onRevoked(listener: (id: string) => void): void {
    this.#listeners.add(listener);
  }

  /** Notes that a token was used; cheap. What cannot be written down is logged. */
  use({ id, used }: TokenRecord, now: number, logger: Logger): void {
    const key = toHex(id);
    this.#used.set(key, Math.max(used, this.#used.get(key) ?? 0, now));
    if (now - used < USED_GRAIN_MS || now - (this.#tried.get(key) ?? Number.NEGATIVE_INFINITY) < TRY_AGAIN_MS) return;
    this.#tried.set(key, now);
    this.#inTurn(async () => {
      const record = this.#records.get(key);
      if (!record || record.version >= TOKEN_VERSION_MAX) return;
      const next = { ...record, version: record.version + 1, used: this.#used.get(key) ?? now };
      await this.#files.put(next);
      this.#records.set(key, next);
    }).catch((error: unknown) => {
      logger.warn('When a token was used last could not be written down.', { id: key, error: String(error) });
    });
  }

  /** By the time when they were made. */
  list(): TokenDocument[] {
    return [...this.#records.values()].map((record) => this.#document(record));
  }

  /**
   * Makes one; it is durable and counts when this resolves. Its text is told here and never again.
   *
   * @throws {BitacoraError} `TOKEN_EXISTS`; the backend's errors.
   */
  create(
    wishes: TokenWishes,
    { clock, random }: { readonly clock: Clock; readonly random: Random },
  ): Promise<TokenDocument & { readonly token: string }> {
    return this.#inTurn(async () => {
      const { name } = wishes;
      if ([...this.#records.values()].some((other) => other.name === name)) {
        const message = `There is a token "${name}" already. Revoke it with \`bitacora token revoke ${name}\`, or choose another name.`;
        throw new BitacoraError('TOKEN_EXISTS', message, { details: { name } });
      }
      if (this.#records.size >= TOKENS_MAX) {
        throw new BitacoraError('TOKEN_EXISTS', `There are ${TOKENS_MAX} tokens already. Revoke some first.`);
      }
      const [id, secret] = [random.bytes(ID_BYTES), random.bytes(SECRET_BYTES)];
      const record: TokenRecord = { ...wishes, version: 1, id, hash: sha256(secret), created: clock.now(), used: 0 };
      await this.#files.put(record);
      this.#records.set(toHex(id), record);
      const token = `bitacora_${toHex(id)}_${Buffer.from(secret).toString('base64url')}`;
      secret.fill(0);
      return { ...this.#document(record), token };
    });
  }

  /**
   * Revokes one, by its id or its name: it counts for nothing from now on, and is gone for good when this resolves.
   *
   * @throws {BitacoraError} `UNKNOWN_TOKEN`; the backend's errors, after which it may be back when the program starts anew.
   */
  revoke(idOrName: string): Promise<TokenDocument> {
    return this.#inTurn(async () => {
      const found = [...this.#records.values()].find(({ id, name }) => toHex(id) === idOrName || name === idOrName);
      if (!found) {
        const message = `There is no token "${idOrName}". \`bitacora token list\` shows those there are.`;
        throw new BitacoraError('UNKNOWN_TOKEN', message, { details: { token: idOrName } });
      }
      const document = this.#document(found);
      this.#records.delete(document.token_id);
      this.#used.delete(document.token_id);
      this.#tried.delete(document.token_id);
      for (const listener of this.#listeners) listener(document.token_id);
      try {
        await this.#files.remove(fromHex(document.token_id));
      } catch (error) {
        // Asked again, it is tried again; meanwhile nobody gets in.
        this.#records.set(document.token_id, { ...found, hash: NO_HASH });
        throw error;
      }
      return document;
    });
  }

  async #load(logger: Logger): Promise<void> {
    const { records, damaged } = await this.#files.list();
    for (const record of records) this.#records.set(toHex(record.id), record);
    for (const { message, code, details } of damaged) logger.error(message, { code, object: details.object });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #document({ id, name, users, scopes, created, expires, used }: TokenRecord): TokenDocument {
    const key = toHex(id);
    const last = Math.max(used, this.#used.get(key) ?? 0);
    return {
      token_id: key,
      name,
      users: [...(users ?? ['*'])],
      scopes: [...scopes],
      created: isoTime(created),
      expires: expires === 0 ? null : isoTime(expires),
      last_used: last === 0 ? null : isoTime(last),
    };
  }
}
