import { BitacoraError } from '../../base/index.js';
import { packName, uidOf } from '../../format/index.js';

/** Paths that a finding names at most. */
const PATHS_MOST = 20;
const FRAMES_MOST = 100;
/** Findings of one user that are kept apart; the rest is counted. */
const FINDINGS_MOST = 10_000;

export type DamageCode = 'DATA_CORRUPT' | 'OBJECT_MISSING' | 'FORMAT_NEWER';

export interface PackDamage {
  readonly code: DamageCode;
  /** As the predicate of a sentence. */
  readonly what: string;
  readonly frames: readonly number[];
  /** Chunks that are in no other place; undefined where nobody knows what the pack held. */
  readonly chunks: number | undefined;
}

/** Who needs what is damaged. */
class Needs {
  readonly snapshots = new Set<string>();
  readonly paths: string[] = [];
  count = 0;

  add(snapshot: string, path: string): void {
    this.count++;
    this.snapshots.add(snapshot);
    if (this.paths.length < PATHS_MOST && this.paths.at(-1) !== path) this.paths.push(path);
  }

  get sentence(): string {
    if (this.count === 0) return '';
    const named = this.paths.slice(0, 3).map((path) => `"${path}"`);
    return ` Needed by ${named.join(', ')}${this.paths.length > 3 ? ' and others' : ''}.`;
  }

  get details(): { snapshots: string[]; paths: string[] } {
    return { snapshots: [...this.snapshots], paths: this.paths };
  }
}

/** Gathers what a scrub finds of one user; damage of packs is told once, with what it costs. */
export class Findings {
  readonly #uid: Uint8Array;
  readonly #problems: BitacoraError[] = [];
  readonly #packs = new Map<string, { readonly damage: PackDamage; readonly needs: Needs }>();
  readonly #absent = new Needs();
  #more = 0;

  constructor(uid: Uint8Array) {
    this.#uid = uid;
  }

  /** A finding that stands for itself. */
  add(error: BitacoraError): void {
    if (this.#problems.length < FINDINGS_MOST) this.#problems.push(error);
    else this.#more++;
  }

  /** May be said again, as more comes to be known. `pack` is its hash in hex. */
  addPack(pack: string, damage: PackDamage): void {
    this.#packs.set(pack, { damage, needs: this.#packs.get(pack)?.needs ?? new Needs() });
  }

  /** Says that something of a snapshot needs what is damaged in a pack; false where nothing was said of that pack. */
  affects(pack: string, snapshot: string, path: string): boolean {
    const known = this.#packs.get(pack);
    known?.needs.add(snapshot, path);
    return known !== undefined;
  }

  /** Says that something of a snapshot needs a chunk that is in no pack. */
  lacks(snapshot: string, path: string): void {
    this.#absent.add(snapshot, path);
  }

  /** How often a chunk was needed that is in no pack. */
  get lacking(): number {
    return this.#absent.count;
  }

  /** Damaged packs of which everything is in other places. */
  get superseded(): number {
    return [...this.#packs.values()].filter((pack) => !this.#isNeeded(pack)).length;
  }

  get problems(): BitacoraError[] {
    const needed = [...this.#packs].filter(([, pack]) => this.#isNeeded(pack));
    const packs = needed.map(([pack, { damage, needs }]) => this.#ofPack(pack, damage, needs));
    const more = this.#more > 0 ? [new BitacoraError('DATA_CORRUPT', `There are ${this.#more} more findings.`)] : [];
    return [...this.#problems, ...packs, ...this.#ofAbsent(), ...more];
  }

  #isNeeded({ damage, needs }: { readonly damage: PackDamage; readonly needs: Needs }): boolean {
    return needs.count > 0 || (damage.chunks === undefined ? this.lacking > 0 : damage.chunks > 0);
  }

  #ofPack(pack: string, { code, what, frames, chunks }: PackDamage, needs: Needs): BitacoraError {
    const object = packName(uidOf(this.#uid), Buffer.from(pack, 'hex'));
    return new BitacoraError(code, `The pack "${object}" ${what}.${needs.sentence}`, {
      details: { object, frames: frames.slice(0, FRAMES_MOST), chunks: chunks ?? null, ...needs.details },
    });
  }

  #ofAbsent(): BitacoraError[] {
    if (this.lacking === 0) return [];
    const message = `Chunks that snapshots need are in no pack.${this.#absent.sentence}`;
    return [new BitacoraError('OBJECT_MISSING', message, { details: this.#absent.details })];
  }
}
