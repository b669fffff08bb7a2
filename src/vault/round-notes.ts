import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, toHex, utf8, writeError } from '../base/index.js';
import { hmacSha256, sameBytes } from '../crypto/index.js';

/** How upkeep of the whole vault went the last time. Times are milliseconds since 1970. */
export interface RoundRun {
  readonly started: number;
  readonly ended: number;
  /** A word of the operation's own, or `failed`. */
  readonly outcome: string;
  /** When a run ended last that did not fail; undefined: none that is known of. */
  readonly done: number | undefined;
}

const FILE = 'rounds';
const BYTES_MAX = 65_536;
const HEX = /^[0-9a-f]{64}$/;

/**
 * The last run of each round of upkeep, in a small file in the vault that only whoever has the master key can write: nobody else makes a
 * check look recent. A file that is missing or damaged says that nothing is known.
 */
export class RoundNotes {
  readonly #path: string;
  readonly #macKey: Uint8Array;
  #last: Promise<unknown> = Promise.resolve();

  /** @param macKey - Kept, not copied. */
  constructor(vaultPath: string, macKey: Uint8Array) {
    this.#path = join(vaultPath, FILE);
    this.#macKey = macKey;
  }

  /** By name. Throws nothing: what cannot be read is not known. */
  async read(): Promise<ReadonlyMap<string, RoundRun>> {
    try {
      return this.#parse(await readSmall(this.#path));
    } catch {
      return new Map();
    }
  }

  /**
   * Notes a run, durably; calls that overlap are done one after another.
   *
   * @throws {BitacoraError} `NO_SPACE`, `VAULT_READ_ONLY`, `BACKEND_FAILED`.
   */
  note(name: string, run: Omit<RoundRun, 'done'>): Promise<void> {
    const result = this.#last.then(async () => {
      const runs = new Map(await this.read());
      const done = run.outcome === 'failed' ? runs.get(name)?.done : run.ended;
      runs.set(name, { ...run, done });
      await this.#write(runs);
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  #parse(text: string): Map<string, RoundRun> {
    const [body = '', mac = ''] = text.split('\n');
    const runs = new Map<string, RoundRun>();
    if (!HEX.test(mac) || !sameBytes(this.#mac(body), fromHex(mac))) return runs;
    for (const [name, run] of Object.entries(JSON.parse(body) as Record<string, RoundRun>)) runs.set(name, run);
    return runs;
  }

  async #write(runs: ReadonlyMap<string, RoundRun>): Promise<void> {
    const body = JSON.stringify(Object.fromEntries(runs));
    const unfinished = `${this.#path}.new`;
    try {
      const file = await open(unfinished, 'w', 0o600);
      try {
        await file.writeFile(`${body}\n${toHex(this.#mac(body))}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(unfinished, this.#path);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw writeError(error, `"${this.#path}"`);
    }
  }

  #mac(body: string): Uint8Array {
    return hmacSha256(this.#macKey, utf8(`bitacora/0/rounds\n${body}`));
  }
}

async function readSmall(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const buffer = new Uint8Array(BYTES_MAX);
    const { bytesRead } = await file.read(buffer, 0, BYTES_MAX, 0);
    return Buffer.from(buffer.subarray(0, bytesRead)).toString('utf8');
  } finally {
    await file.close();
  }
}
