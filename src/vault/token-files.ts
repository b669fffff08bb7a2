import { BitacoraError, equalBytes, isBitacoraError, type Random } from '../base/index.js';
import { type MasterKeys, OBJECT_TYPES, openSimple, sealSimple } from '../crypto/index.js';
import {
  decodeTokenRecord,
  encodeTokenRecord,
  parseObjectName,
  TOKENS_PREFIX,
  type TokenRecord,
  tokenName,
  tokenPrefix,
  VAULT_FORMAT,
} from '../format/index.js';
import type { Backend } from '../storage/index.js';

/** Tokens are the vault's, not a user's. */
const NO_USER = new Uint8Array(16);

export interface TokenList {
  /** Newest version of each, by the time when it was made. */
  readonly records: readonly TokenRecord[];
  /** One error for each that cannot be read, naming the object; such a token counts for nothing. */
  readonly damaged: readonly BitacoraError[];
}

/** What bearer tokens may do: sealed records in the vault (docs/format.md §5). */
export class TokenFiles {
  readonly #backend: Backend;
  readonly #keys: MasterKeys;
  readonly #vaultId: Uint8Array;
  readonly #random: Random;

  constructor(backend: Backend, keys: MasterKeys, vaultId: Uint8Array, random: Random) {
    this.#backend = backend;
    this.#keys = keys;
    this.#vaultId = vaultId;
    this.#random = random;
  }

  /** Writes a record, durable when it resolves; older versions of it are removed then. */
  async put(record: TokenRecord): Promise<void> {
    const context = {
      format: VAULT_FORMAT,
      type: OBJECT_TYPES.token,
      generation: 0,
      epoch: 0,
      vaultId: this.#vaultId,
      uid: NO_USER,
    };
    const bytes = sealSimple(this.#keys.tokenKey, context, encodeTokenRecord(record), this.#random);
    await this.#backend.put(tokenName(record.id, record.version), { bytes });
    if (record.version > 1) await this.#remove(record.id, record.version - 1);
  }

  /** All of a token's records; durable when it resolves. */
  remove(id: Uint8Array): Promise<void> {
    return this.#remove(id, Number.POSITIVE_INFINITY);
  }

  async list(): Promise<TokenList> {
    const newest = new Map<string, { readonly name: string; readonly id: Uint8Array; readonly version: number }>();
    for await (const { name } of this.#backend.list(TOKENS_PREFIX)) {
      const parsed = parseObjectName(name);
      // Versions of one token follow each other in rising order.
      if (parsed?.type === 'token') newest.set(tokenPrefix(parsed.id), parsed);
    }
    const records: TokenRecord[] = [];
    const damaged: BitacoraError[] = [];
    for (const { name, id, version } of newest.values()) {
      try {
        records.push(await this.#read(name, id, version));
      } catch (error) {
        if (!isBitacoraError(error, 'DATA_CORRUPT') && !isBitacoraError(error, 'FORMAT_NEWER')) throw error;
        damaged.push(error);
      }
    }
    records.sort((a, b) => a.created - b.created);
    return { records, damaged };
  }

  async #read(object: string, id: Uint8Array, version: number): Promise<TokenRecord> {
    const bytes = await this.#backend.get(object);
    const expected = { type: OBJECT_TYPES.token, vaultId: this.#vaultId, uid: NO_USER, name: object };
    const record = decodeTokenRecord(openSimple(this.#keys.tokenKey, bytes, expected), object);
    if (equalBytes(record.id, id) && record.version === version) return record;
    const message = `Cannot read the token record "${object}": it is another one, moved there.`;
    throw new BitacoraError('DATA_CORRUPT', message, { details: { object } });
  }

  async #remove(id: Uint8Array, last: number): Promise<void> {
    const remover = this.#backend.remover();
    const names: string[] = [];
    for await (const { name } of this.#backend.list(tokenPrefix(id))) {
      const parsed = parseObjectName(name);
      if (parsed?.type === 'token' && parsed.version <= last) names.push(name);
    }
    // The oldest first: what is left, should this break off, is the newest.
    for (const name of names) await remover.remove(name);
  }
}
