import { closeSync, openSync, readSync } from 'node:fs';
import { BitacoraError, errnoCode } from '../base/index.js';
import type { Opener } from '../crypto/index.js';
import type { RangeCall } from './open-protocol.js';
import { type KeyRing, packLabel } from './open-secrets.js';

/** The longest range that one call reads. */
export const RANGE_BYTES_MAX = 8 * 2 ** 20;
const OPEN_PACKS_MAX = 8;

interface OpenPack {
  readonly opener: Opener;
  fd: number | undefined;
}

/** Packs that a worker has open, and the memory that ranges are read into. */
export class PackInput {
  readonly #packs = new Map<string, OpenPack>();
  #memory = new Uint8Array(2 ** 20);

  /** The opener of the call's pack, from memory when it was used lately. */
  opener(call: RangeCall, keys: KeyRing): Opener {
    return this.#pack(call, keys).opener;
  }

  /**
   * Reads the call's range. The result may be shorter than asked where the pack ends early, and holds until the next call.
   *
   * @throws {BitacoraError} `OBJECT_MISSING` or `OBJECT_UNKNOWN` naming the pack.
   */
  read(call: RangeCall, keys: KeyRing): Uint8Array {
    const { source } = call;
    if (source === undefined) return this.#memory.subarray(0, 0);
    if ('bytes' in source) return source.bytes;
    if (!(call.length > 0 && call.length <= RANGE_BYTES_MAX)) throw new TypeError(`No range has ${call.length} bytes.`);
    // Whole mebibytes, so that ranges of nearly one length share the memory.
    if (this.#memory.length < call.length) this.#memory = new Uint8Array(Math.ceil(call.length / 2 ** 20) * 2 ** 20);
    const pack = this.#pack(call, keys);
    try {
      pack.fd ??= openSync(source.path, 'r');
      let filled = 0;
      while (filled < call.length) {
        const count = readSync(pack.fd, this.#memory, filled, call.length - filled, call.offset + filled);
        if (count === 0) break;
        filled += count;
      }
      return this.#memory.subarray(0, filled);
    } catch (error) {
      throw readFailure(error, call.pack);
    }
  }

  /** Closes everything; what is needed again is opened again. */
  close(): void {
    for (const pack of this.#packs.values()) closePack(pack);
    this.#packs.clear();
  }

  #pack(call: RangeCall, keys: KeyRing): OpenPack {
    const key = `${call.session}/${call.pack}`;
    const known = this.#packs.get(key);
    if (known) {
      this.#packs.delete(key);
      this.#packs.set(key, known);
      return known;
    }
    const opened: OpenPack = { opener: keys.opener(call.header, call.pack), fd: undefined };
    this.#packs.set(key, opened);
    if (this.#packs.size > OPEN_PACKS_MAX) {
      const [oldest, pack] = this.#packs.entries().next().value!;
      closePack(pack);
      this.#packs.delete(oldest);
    }
    return opened;
  }
}

function closePack(pack: OpenPack): void {
  pack.opener.close();
  if (pack.fd !== undefined) closeSync(pack.fd);
}

/** What a system error on reading a pack means: whether it is gone, or cannot be told. */
export function readFailure(error: unknown, pack: string): BitacoraError {
  const missing = errnoCode(error) === 'ENOENT';
  const text = error instanceof Error ? error.message : String(error);
  const message = missing ? `${packLabel(pack)} is missing.` : `Cannot read ${packLabel(pack)}: ${text}`;
  return new BitacoraError(missing ? 'OBJECT_MISSING' : 'OBJECT_UNKNOWN', message.replace(/^p/, 'P'), {
    details: { object: packLabel(pack), pack },
    retryable: !missing,
    cause: error,
  });
}
