import { BitacoraError, equalBytes, type Random, utf8 } from '../base/index.js';
import { hmacSha256, type MasterKeys, OBJECT_TYPES, openSimple, sealSimple } from '../crypto/index.js';
import {
  decodeRegistryRecord,
  encodeRegistryRecord,
  parseObjectName,
  REGISTRY_PREFIX,
  type RegistryRecord,
  registryName,
  registryPrefix,
  VAULT_FORMAT,
} from '../format/index.js';
import type { Backend } from '../storage/index.js';

/** Records are of the vault, not of a user. */
const NO_USER = new Uint8Array(16);

export interface UserList {
  /** Newest version of each, sorted by name. */
  readonly records: readonly RegistryRecord[];
  /** Records that could not be read, one error each, naming the object. */
  readonly damaged: readonly BitacoraError[];
}

/** Who the vault's users are: sealed records whose names tell nothing (docs/format.md §5). */
export class Registry {
  readonly #backend: Backend;
  readonly #keys: MasterKeys;
  readonly #vaultId: Uint8Array;

  constructor(backend: Backend, keys: MasterKeys, vaultId: Uint8Array) {
    this.#backend = backend;
    this.#keys = keys;
    this.#vaultId = vaultId;
  }

  /** Throws `DATA_CORRUPT` naming the record, if it is damaged. */
  async find(name: string): Promise<RegistryRecord | undefined> {
    let newest: string | undefined;
    for await (const object of this.#backend.list(registryPrefix(this.#hash(name)))) {
      if (parseObjectName(object.name)?.type === 'registry') newest = object.name;
    }
    return newest === undefined ? undefined : this.#read(newest);
  }

  /** Every user's newest record. One that is damaged hides no other. */
  async list(): Promise<UserList> {
    const newest = new Map<string, string>();
    for await (const { name } of this.#backend.list(REGISTRY_PREFIX)) {
      const parsed = parseObjectName(name);
      // Versions of one name follow each other in rising order.
      if (parsed?.type === 'registry') newest.set(name.slice(0, name.lastIndexOf('-')), name);
    }
    const records: RegistryRecord[] = [];
    const damaged: BitacoraError[] = [];
    for (const object of newest.values()) {
      try {
        records.push(await this.#read(object));
      } catch (error) {
        if (!(error instanceof BitacoraError) || error.code !== 'DATA_CORRUPT') throw error;
        damaged.push(error);
      }
    }
    records.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { records, damaged };
  }

  /** Writes the first version of a record; durable when it resolves. Throws `OBJECT_EXISTS` if the name is taken. */
  async add(record: RegistryRecord, random: Random): Promise<void> {
    const context = {
      format: VAULT_FORMAT,
      type: OBJECT_TYPES.registry,
      generation: 0,
      epoch: 0,
      vaultId: this.#vaultId,
      uid: NO_USER,
    };
    const bytes = sealSimple(this.#keys.registryKey, context, encodeRegistryRecord(record), random);
    await this.#backend.put(registryName(this.#hash(record.name), 1), { bytes });
  }

  #hash(name: string): Uint8Array {
    return hmacSha256(this.#keys.registryNameKey, utf8(name));
  }

  async #read(object: string): Promise<RegistryRecord> {
    const bytes = await this.#backend.get(object);
    const expected = { type: OBJECT_TYPES.registry, vaultId: this.#vaultId, uid: NO_USER, name: object };
    const record = decodeRegistryRecord(openSimple(this.#keys.registryKey, bytes, expected), object);
    const parsed = parseObjectName(object);
    if (parsed?.type === 'registry' && equalBytes(parsed.nameHash, this.#hash(record.name))) return record;
    throw new BitacoraError('DATA_CORRUPT', `The registry record "${object}" is another user’s record, moved there.`, {
      details: { object },
    });
  }
}
