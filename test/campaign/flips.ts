import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitacoraError, type Logger } from '../../src/base/index.js';
import type { Engine } from '../../src/engine/index.js';
import { parseObjectName, VAULT_FILE_NAME } from '../../src/format/index.js';
import type { RestoreReport } from '../../src/restore/index.js';
import { openVault, type Vault } from '../../src/vault/index.js';
import { type FlipPlace, filesPlace, memoryPlace } from './flip-place.js';
import type { FlipVault } from './flip-vault.js';
import { restoreScope } from './restoring.js';
import { removeScratch } from './scratch.js';
import { differences, readTree, wrongItems } from './tree.js';

/** One bit of one object. */
export interface Flip {
  readonly object: string;
  readonly byte: number;
  readonly bit: number;
}

/** `wrong` breaks the promise: wrong bytes, an error of the wrong kind, or one that does not say which object it is about. */
export type Verdict =
  | { readonly outcome: 'detected'; readonly codes: readonly string[] }
  | { readonly outcome: 'harmless' }
  | { readonly outcome: 'wrong'; readonly why: string };

/** What may be said of a damaged object. */
const FITTING = new Set(['DATA_CORRUPT', 'OBJECT_MISSING', 'KEY_WRONG', 'NOT_A_VAULT', 'FORMAT_NEWER', 'FORMAT_OLDER']);

/** Of a sealed object's header: a larger number there is a newer program's. */
const FORMAT_BYTE = 4;
/** LevelDB slows down when all that it holds is made anew again and again. */
const FLIPS_AN_INDEX = 100;

interface Problem {
  readonly code: string;
  readonly text: string;
}

/** Flips bits of a vault's objects, and each time makes the index anew and restores everything. */
export class FlipCampaign {
  readonly #made: FlipVault;
  readonly #root: string;
  readonly #engine: Engine;
  readonly #place: FlipPlace;
  readonly #told: Problem[] = [];
  readonly #logger: Logger;
  #vault: Vault | undefined;
  #tried = 0;
  #targets = 0;

  /**
   * @param root - An empty directory of its own, fast if possible.
   * @param place - Where the flipped objects lie: in memory, or in files, which is slower and opened anew for each flip.
   */
  constructor(made: FlipVault, root: string, engine: Engine, place: 'memory' | 'files' = 'memory') {
    this.#made = made;
    this.#root = root;
    this.#engine = engine;
    const path = join(root, `vault-${place}`);
    mkdirSync(path);
    this.#place = place === 'memory' ? memoryPlace(path) : filesPlace(path);
    const tell = (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      this.#told.push({ code: String(fields.code ?? ''), text: `${message} ${JSON.stringify(fields)}` });
    };
    this.#logger = { debug: () => {}, info: () => {}, warn: tell, error: tell };
  }

  async close(): Promise<void> {
    await this.#vault?.close();
    this.#vault = undefined;
    rmSync(join(this.#place.path, 'index'), { recursive: true, force: true });
  }

  /** Flips the bit and tries everything. */
  async try(flip: Flip): Promise<Verdict> {
    const { objects } = this.#made;
    const bytes = new Uint8Array(objects.get(flip.object)!);
    bytes[flip.byte]! ^= 1 << flip.bit;
    // A vault once open reads its own file no more.
    const anew = flip.object === VAULT_FILE_NAME || !this.#place.exchangeable;
    if (anew || ++this.#tried % FLIPS_AN_INDEX === 0) await this.close();
    try {
      if (!anew && !this.#vault) {
        this.#place.hold(objects);
        this.#vault = await this.#open();
      }
      this.#place.hold(new Map([...objects, [flip.object, bytes]]));
      this.#vault ??= await this.#open();
      return await this.#tryUser(flip, this.#vault);
    } catch (error) {
      return this.#judge(flip, [problemOf(error)]);
    } finally {
      this.#told.length = 0;
      if (anew) await this.close();
    }
  }

  #open(): Promise<Vault> {
    const { path, backend } = this.#place;
    return openVault({ path, keyFile: this.#made.keyFile, backend, logger: this.#logger });
  }

  async #tryUser(flip: Flip, vault: Vault): Promise<Verdict> {
    const user = await vault.openUser('ana', { rebuild: true });
    try {
      for (const problem of user.rebuilt!.problems) this.#told.push(problemOf(problem));
      // An entry of the log that is damaged costs its snapshot, and no other.
      const problems: Problem[] = user.logProblems.map(problemOf);
      const found = await user.snapshots.list();
      const ids = found.map(({ id }) => id).reverse();
      const left = this.#made.snapshots.filter(({ id }) => problems.length === 0 || ids.includes(id));
      const lost = this.#made.snapshots.length - left.length;
      if (ids.join() !== left.map(({ id }) => id).join() || lost > 1) return wrong(`the snapshots are ${ids.join()}`);
      for (const { id, tree } of left) {
        const scope = found.find((snapshot) => snapshot.id === id)!.manifest.scopes[0]!;
        const target = join(this.#root, `target-${this.#targets++}`);
        try {
          const report = await restoreScope(user, this.#engine, scope, target);
          problems.push(...problemsOf(report));
          const compare = report.failures.count > 0 ? wrongItems : differences;
          const differs = compare(tree, readTree(target));
          if (differs.length > 0) return wrong(`restored wrongly: ${differs.join('\n')}`);
        } finally {
          removeScratch(target);
        }
      }
      this.#checkRepair(flip, user.logProblems.length === 0);
      return this.#judge(flip, problems);
    } finally {
      user.close();
    }
  }

  /**
   * A damaged copy of a key is told of, and made again from the other, and a damaged entry of the log from the index, if that has it;
   * nothing else in a vault is ever changed.
   */
  #checkRepair(flip: Flip, isLogWhole: boolean): void {
    const now = Buffer.from(this.#place.read(flip.object));
    const healed = now.equals(this.#made.objects.get(flip.object)!);
    const type = parseObjectName(flip.object)?.type;
    const isBundle = type === 'bundle';
    const isPutBack = (type === 'log' && isLogWhole) || type === 'vault' || type === 'registry';
    // What only a scrub looks at.
    if (type === 'copy') return;
    if ((isBundle || isPutBack) && !this.#told.some(({ text }) => names(text, flip.object)))
      throw new TypeError('Nobody was told.');
    // What seems to come from a newer program is not replaced.
    const expected = isPutBack || (isBundle && flip.byte !== FORMAT_BYTE);
    if (healed !== expected) throw new TypeError(`The object was ${healed ? '' : 'not '}put back as it was.`);
  }

  #judge(flip: Flip, problems: readonly Problem[]): Verdict {
    if (problems.length === 0) return { outcome: 'harmless' };
    const fitting = problems.filter(({ code }) => FITTING.has(code));
    // Further names of a file that is damaged are told as well, but never alone.
    const unfit = problems.find(
      ({ code }) => !FITTING.has(code) && (code !== 'RESTORE_INCOMPLETE' || fitting.length === 0),
    );
    if (unfit) return wrong(`${unfit.code || 'no code'}: ${unfit.text}`);
    const named = [...problems, ...this.#told].some(({ text }) => names(text, flip.object));
    if (!named) return wrong(`nothing names the object: ${problems.map(({ text }) => text).join('; ')}`);
    return { outcome: 'detected', codes: [...new Set(fitting.map(({ code }) => code))] };
  }
}

function names(text: string, object: string): boolean {
  const parsed = parseObjectName(object);
  // Packs go by their hash.
  return text.includes(object) || (parsed?.type === 'pack' && text.includes(object.slice(-64)));
}

function problemsOf(report: RestoreReport): Problem[] {
  return [...report.failures.items, ...report.warnings.items].map(({ code, message }) => ({ code, text: message }));
}

function problemOf(error: unknown): Problem {
  if (error instanceof BitacoraError)
    return { code: error.code, text: `${error.message} ${JSON.stringify(error.details)}` };
  return { code: '', text: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function wrong(why: string): Verdict {
  return { outcome: 'wrong', why };
}

/** Every bit of every object, numbered, so that a slice or a shard can be taken. */
export class AllFlips {
  readonly count: number;
  readonly #ends: { readonly object: string; readonly end: number }[] = [];

  constructor(objects: FlipVault['objects']) {
    let bits = 0;
    for (const [object, bytes] of objects) {
      bits += bytes.length * 8;
      this.#ends.push({ object, end: bits });
    }
    this.count = bits;
  }

  at(number: number): Flip {
    let start = 0;
    for (const { object, end } of this.#ends) {
      if (number < end) return { object, byte: (number - start) >>> 3, bit: (number - start) & 7 };
      start = end;
    }
    throw new RangeError(`There are ${this.count} flips, not ${number + 1}.`);
  }
}
