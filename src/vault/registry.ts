import pLimit from 'p-limit';
import { BitacoraError, equalBytes, isBitacoraError, type Random, utf8 } from '../base/index.js';
import { hmacSha256, type MasterKeys, OBJECT_TYPES, openSimple, sealSimple } from '../crypto/index.js';
import {
  COPIES_PREFIX,
  decodeRegistryRecord,
  encodeRegistryRecord,
  parseObjectName,
  REGISTRY_PREFIX,
  type RegistryName,
  type RegistryRecord,
  registryName,
  registryPrefix,
  VAULT_FORMAT,
} from '../format/index.js';
import { checkTwice, putTwice, readTwice, removeTwice, type TwiceContext } from './twice.js';

/** Records are of the vault, not of a user. */
const NO_USER = new Uint8Array(16);

/** How often a record may be replaced while it is looked for. */
const REPLACED_TRIES = 5;

/** Records that are remembered: some megabytes at most. */
const REMEMBERED_MOST = 10_000;

/** Records that are read at once. */
const READS_MOST = 16;

interface Version {
  readonly object: RegistryName;
  readonly version: number;
}

/** What a record says, whatever version it becomes. */
type NewRecord = Omit<RegistryRecord, 'version'>;

export interface UserList {
  /** Newest version of each, sorted by name. */
  readonly records: readonly RegistryRecord[];
  /** Records that could not be read, one error each, naming the object. */
  readonly damaged: readonly BitacoraError[];
  /** How many names there are, those included that were not read. */
  readonly total: number;
}

export interface UserListOptions {
  /** So many records are read at most: of some users, whichever. */
  readonly most?: number | undefined;
}

/** Who the vault's users are: sealed records whose names tell nothing (docs/format.md §5). */
export class Registry {
  readonly #context: TwiceContext;
  readonly #keys: MasterKeys;
  readonly #vaultId: Uint8Array;
  #last: Promise<unknown> = Promise.resolve();
  /** Undefined where somebody else may change records. */
  readonly #known: Map<string, RegistryRecord> | undefined;
  /** Rises with each change, so that what was read before is not remembered after it. */
  #changes = 0;

  /** @param alone - Whether nobody else changes records while this is used: then those that were found are remembered. */
  constructor(context: TwiceContext, keys: MasterKeys, vaultId: Uint8Array, alone = false) {
    this.#context = context;
    this.#keys = keys;
    this.#vaultId = vaultId;
    this.#known = alone ? new Map() : undefined;
  }

  /** Throws `DATA_CORRUPT` naming the record, if it is damaged. */
  async find(name: string): Promise<RegistryRecord | undefined> {
    const known = this.#known?.get(name);
    if (known) return known;
    const changes = this.#changes;
    const found = await this.#newest(this.#prefix(name));
    if (found && changes === this.#changes) this.#remember(found);
    return found;
  }

  /** Every user's newest record. One that is damaged hides no other. */
  async list({ most = Number.POSITIVE_INFINITY }: UserListOptions = {}): Promise<UserList> {
    const newest: Version[] = [];
    let total = 0;
    for await (const version of this.#eachNewest()) if (++total <= most) newest.push(version);
    const records: RegistryRecord[] = [];
    const damaged: BitacoraError[] = [];
    const limit = pLimit(READS_MOST);
    await limit.map(newest, async (version) => {
      const found = await this.#readOrDamage(version);
      if (isBitacoraError(found)) damaged.push(found);
      else if (found) records.push(found);
    });
    records.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { records, damaged, total };
  }

  /**
   * The same one by one, in no order that means anything, read as they are asked for: whoever stops early has not waited for the rest. In
   * the place of a record that is damaged is its error.
   */
  async *each(): AsyncGenerator<RegistryRecord | BitacoraError> {
    for await (const version of this.#eachNewest()) {
      const changes = this.#changes;
      const found = await this.#readOrDamage(version);
      if (!found) continue;
      if (!isBitacoraError(found) && changes === this.#changes) this.#remember(found);
      yield found;
    }
  }

  /** Looks at the newest record of every user and at its copy; findings as `checkTwice` gives them. */
  async check(): Promise<BitacoraError[]> {
    const findings: BitacoraError[] = [];
    for await (const { object } of this.#eachNewest()) {
      findings.push(...(await checkTwice(this.#context, object, (bytes) => this.#decode(object, bytes))));
    }
    return findings;
  }

  /** Writes the first version of a record; durable when it resolves. Throws `OBJECT_EXISTS` if the name is taken. */
  add(record: NewRecord, random: Random): Promise<void> {
    return this.#put({ ...record, version: 1 }, random);
  }

  /**
   * Writes the next version of a record. It is durable before the older versions are removed, and they are gone when this
   * resolves. Changes are done one after another, each upon the one before.
   *
   * @param change - Given the newest version; the name and uid that it returns must be the same.
   * @returns the record as it is now, undefined if there is none.
   * @throws {BitacoraError} `DATA_CORRUPT` for a damaged record; the backend's errors.
   */
  change(
    name: string,
    change: (record: RegistryRecord) => NewRecord,
    random: Random,
  ): Promise<RegistryRecord | undefined> {
    const result = this.#last.then(() => this.#change(name, change, random));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #change(
    name: string,
    change: (record: RegistryRecord) => NewRecord,
    random: Random,
  ): Promise<RegistryRecord | undefined> {
    const newest = await this.#newest(this.#prefix(name));
    if (!newest) return undefined;
    const record = { ...change(newest), version: newest.version + 1 };
    await this.#put(record, random);
    for (const { object, version } of await this.#versions(this.#prefix(name))) {
      if (version <= newest.version) await removeTwice(this.#context, object);
    }
    return record;
  }

  #remember(record: RegistryRecord): void {
    const known = this.#known;
    if (!known) return;
    if (known.size >= REMEMBERED_MOST) for (const oldest of known.keys()) if (known.delete(oldest)) break;
    known.set(record.name, record);
  }

  async #put(record: RegistryRecord, random: Random): Promise<void> {
    const context = {
      format: VAULT_FORMAT,
      type: OBJECT_TYPES.registry,
      generation: 0,
      epoch: 0,
      vaultId: this.#vaultId,
      uid: NO_USER,
    };
    const bytes = sealSimple(this.#keys.registryKey, context, encodeRegistryRecord(record), random);
    this.#forget(record.name);
    try {
      await putTwice(this.#context, registryName(this.#hash(record.name), record.version), bytes);
    } finally {
      this.#forget(record.name);
    }
  }

  #forget(name: string): void {
    this.#changes++;
    this.#known?.delete(name);
  }

  /** All versions below a prefix, by name and in rising order. One of which only the copy is left is there all the same. */
  async #versions(prefix: string): Promise<Version[]> {
    const versions: Version[] = [];
    for await (const version of this.#eachVersion(prefix)) versions.push(version);
    return versions;
  }

  /** The newest version of every name, found while they are asked for. */
  async *#eachNewest(): AsyncGenerator<Version> {
    let last: Version | undefined;
    for await (const version of this.#eachVersion(REGISTRY_PREFIX)) {
      // Versions of one name follow each other in rising order.
      if (last && nameIn(last) !== nameIn(version)) yield last;
      last = version;
    }
    if (last) yield last;
  }

  /** Objects and copies are listed in the same order, so that both lists are gone through side by side. */
  async *#eachVersion(prefix: string): AsyncGenerator<Version> {
    const objects = this.#listed(prefix);
    const copies = this.#listed(`${COPIES_PREFIX}${prefix}`);
    try {
      let object = await next(objects);
      let copy = await next(copies);
      while (object || copy) {
        const earlier: Version = !copy || (object && object.object <= copy.object) ? object! : copy;
        yield earlier;
        if (object?.object === earlier.object) object = await next(objects);
        if (copy?.object === earlier.object) copy = await next(copies);
      }
    } finally {
      await objects.return(undefined);
      await copies.return(undefined);
    }
  }

  async *#listed(below: string): AsyncGenerator<Version> {
    for await (const { name } of this.#context.backend.list(below, { lengths: false })) {
      const copy = parseObjectName(name);
      const parsed = copy?.type === 'copy' ? parseObjectName(copy.of) : copy;
      if (parsed?.type === 'registry') yield { object: parsed.name, version: parsed.version };
    }
  }

  /** What `#newest` of a version that was seen gives, with the error for one that is damaged. */
  async #readOrDamage(seen: Version): Promise<RegistryRecord | BitacoraError | undefined> {
    try {
      return await this.#newest(nameIn(seen), seen);
    } catch (error) {
      if (isBitacoraError(error, 'DATA_CORRUPT')) return error;
      throw error;
    }
  }

  /**
   * The newest version of one name. One that is gone between the look and the reading was replaced by a later one.
   *
   * @param seen - The newest as it was seen already.
   */
  async #newest(prefix: string, seen?: Version): Promise<RegistryRecord | undefined> {
    let newest = seen;
    for (let tries = 1; ; tries++) {
      newest ??= (await this.#versions(prefix)).at(-1);
      if (!newest) return undefined;
      try {
        return await this.#read(newest.object);
      } catch (error) {
        if (!isBitacoraError(error, 'OBJECT_MISSING') || tries === REPLACED_TRIES) throw error;
        newest = undefined;
      }
    }
  }

  #prefix(name: string): string {
    return registryPrefix(this.#hash(name));
  }

  #hash(name: string): Uint8Array {
    return hmacSha256(this.#keys.registryNameKey, utf8(name));
  }

  #read(object: RegistryName): Promise<RegistryRecord> {
    return readTwice(this.#context, object, (bytes) => this.#decode(object, bytes));
  }

  #decode(object: RegistryName, bytes: Uint8Array): RegistryRecord {
    const expected = { type: OBJECT_TYPES.registry, vaultId: this.#vaultId, uid: NO_USER, name: object };
    const record = decodeRegistryRecord(openSimple(this.#keys.registryKey, bytes, expected), object);
    const parsed = parseObjectName(object);
    if (parsed?.type !== 'registry' || !equalBytes(parsed.nameHash, this.#hash(record.name))) {
      throw moved(object, 'another user’s record');
    }
    if (parsed.version !== record.version) throw moved(object, `version ${record.version} of the record`);
    return record;
  }
}

async function next(versions: AsyncGenerator<Version>): Promise<Version | undefined> {
  const { done, value } = await versions.next();
  return done ? undefined : value;
}

/** All but the number: what the versions of one name have in common. */
function nameIn({ object }: Version): string {
  return object.slice(0, object.lastIndexOf('-') + 1);
}

function moved(object: string, what: string): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `The registry record "${object}" is ${what}, moved there.`, {
    details: { object },
  });
}
