import { createHash } from 'node:crypto';
import {
  BitacoraError,
  equalBytes,
  isBitacoraError,
  type ProgressSink,
  throwIfAborted,
  toHex,
} from '../../base/index.js';
import { decodeVaultFile, type ParsedName, parseObjectName, VAULT_FILE_NAME } from '../../format/index.js';
import { type CallOptions, type ObjectEntry, type ObjectReader, openLocalBackend } from '../../storage/index.js';
import { damageCode } from './context.js';

const RANGE_BYTES = 8 * 2 ** 20;
/** Findings of one user that are kept apart. */
const FINDINGS_MOST = 10_000;

export interface ScrubNamesOptions extends CallOptions {
  readonly progress: ProgressSink;
}

/** What can be said of one user without keys. */
export interface NamedUser {
  /** 32 hex digits. */
  readonly uid: string;
  readonly packs: number;
  readonly bytes: number;
  readonly entries: number;
  readonly problems: readonly BitacoraError[];
}

export interface ScrubbedNames {
  /** By uid. */
  readonly users: readonly NamedUser[];
  readonly vaultProblems: readonly BitacoraError[];
}

/**
 * Checks what can be checked of a vault without its key, of all users: that packs and log entries have the bytes of their names, and
 * that the two copies of each key bundle are equal. What is missing altogether, or lies in the wrong place, only a key can tell.
 *
 * @throws {BitacoraError} `NOT_A_VAULT`; `CANCELLED`; the backend's errors where it could not be asked.
 */
export async function scrubNames(path: string, options: ScrubNamesOptions): Promise<ScrubbedNames> {
  const backend = await openLocalBackend(path);
  try {
    return await new NameScrub(backend, options).run();
  } finally {
    await backend.close();
  }
}

interface Counts {
  packs: number;
  bytes: number;
  entries: number;
  readonly problems: BitacoraError[];
}

class NameScrub {
  readonly #backend: ObjectReader;
  readonly #options: ScrubNamesOptions;
  readonly #users = new Map<string, Counts>();
  readonly #vaultProblems: BitacoraError[] = [];
  #objects = 0;
  #bytes = 0;

  constructor(backend: ObjectReader, options: ScrubNamesOptions) {
    this.#backend = backend;
    this.#options = options;
  }

  async run(): Promise<ScrubbedNames> {
    const { signal } = this.#options;
    await this.#checked(this.#vaultProblems, async () => {
      decodeVaultFile(await this.#backend.get(VAULT_FILE_NAME, { signal }));
    });
    for await (const object of this.#backend.list('users/', { signal })) {
      throwIfAborted(signal);
      const parsed = parseObjectName(object.name);
      if (parsed && 'uid' in parsed) await this.#object(object, parsed);
    }
    const users = [...this.#users].map(([uid, counts]) => ({ uid, ...counts }));
    return { users, vaultProblems: this.#vaultProblems };
  }

  async #object({ name, length }: ObjectEntry, parsed: ParsedName & { readonly uid: string }): Promise<void> {
    const counts = this.#countsOf(parsed.uid);
    await this.#checked(counts.problems, async () => {
      if (parsed.type === 'bundle') await this.#copies(name);
      else if (parsed.type === 'pack' || parsed.type === 'log') await this.#hash(name, length, parsed.hash);
    });
    if (parsed.type === 'log') counts.entries++;
    if (parsed.type === 'pack') {
      counts.packs++;
      counts.bytes += length;
    }
    this.#bytes += length;
    this.#options.progress({ phase: 'scrub', files: ++this.#objects, bytes: this.#bytes });
  }

  async #hash(name: ObjectEntry['name'], length: number, expected: Uint8Array): Promise<void> {
    const { signal } = this.#options;
    const hash = createHash('sha256');
    for (let offset = 0; offset < length; offset += RANGE_BYTES) {
      const part = Math.min(RANGE_BYTES, length - offset);
      hash.update(await this.#backend.getRange(name, offset, part, { signal }));
    }
    const found = hash.digest();
    if (equalBytes(found, expected)) return;
    throw damaged(name, `does not have the bytes of its name: their SHA-256 is ${toHex(found)}`);
  }

  /** Told once for both copies, at whichever is not missing and comes first. */
  async #copies(name: ObjectEntry['name']): Promise<void> {
    const { signal } = this.#options;
    const other = `${name.slice(0, -1)}${name.endsWith('1') ? 2 : 1}`;
    const [bytes, copy] = await Promise.all([
      this.#backend.get(name, { signal }),
      this.#backend.get(other, { signal }).catch((error: unknown) => {
        if (isBitacoraError(error, 'OBJECT_MISSING')) return undefined;
        throw error;
      }),
    ]);
    if (!copy)
      throw new BitacoraError('OBJECT_MISSING', `The copy "${other}" is missing.`, { details: { object: other } });
    if (name.endsWith('1') && !equalBytes(bytes, copy)) throw damaged(name, 'and its copy differ');
  }

  async #checked(problems: BitacoraError[], check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof BitacoraError) || damageCode(error) === undefined) throw error;
      if (problems.length < FINDINGS_MOST) problems.push(error);
    }
  }

  #countsOf(uid: string): Counts {
    let counts = this.#users.get(uid);
    if (!counts) {
      counts = { packs: 0, bytes: 0, entries: 0, problems: [] };
      this.#users.set(uid, counts);
    }
    return counts;
  }
}

function damaged(object: string, what: string): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `"${object}" ${what}.`, { details: { object } });
}
