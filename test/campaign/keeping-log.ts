import { toHex } from '../../src/base/index.js';
import { logPrefix, parseObjectName, uidOf } from '../../src/format/index.js';
import { formatUuid, openEntry } from '../../src/snapshot/index.js';
import type { MemoryBackend } from '../../src/storage/index.js';
import type { UserRepository } from '../../src/vault/index.js';

/** Every object that was ever put into logs, whatever went since: what was given up can be told when the log itself no longer says so. */
export class LogRecord {
  readonly #entries = new Map<string, Uint8Array>();
  readonly #givenUp = new Map<string, Set<string>>();

  /** @param memory - Its `put` is listened to from now on. */
  constructor(memory: MemoryBackend) {
    const put = memory.put.bind(memory);
    memory.put = async (name, source, options) => {
      const outcome = await put(name, source, options);
      if (name.includes('/log/') && 'bytes' in source) this.#entries.set(name, new Uint8Array(source.bytes));
      return outcome;
    };
  }

  /** Ids of the snapshots that a tombstone was ever written for. */
  givenUp({ uid, keys }: UserRepository): ReadonlySet<string> {
    const found = this.#givenUp.get(toHex(uid)) ?? new Set();
    this.#givenUp.set(toHex(uid), found);
    for (const [name, sealed] of this.#entries) {
      const parsed = parseObjectName(name);
      if (!name.startsWith(logPrefix(uidOf(uid))) || parsed?.type !== 'log') continue;
      this.#entries.delete(name);
      const entry = openEntry(keys, { seq: parsed.seq, hash: parsed.hash }, sealed);
      if (entry.kind === 'tombstone') for (const id of entry.body.snapshots) found.add(formatUuid(id));
    }
    return found;
  }
}
