import { cpSync, existsSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { SeededRandom } from './random.js';

/** What can happen to the index of a vault while no program has it open. Nothing of it may matter. */
export interface IndexPlaces {
  readonly vault: string;
  /** Where copies of the index are kept to be put back later. */
  readonly aside: string;
  /** Another vault, whose index takes the place of this one's. */
  readonly foreign: string;
}

export const INDEX_DAMAGES = ['removed', 'stale', 'foreign', 'truncated', 'file removed'] as const;
export type IndexDamage = (typeof INDEX_DAMAGES)[number];

/** Keeps a copy for `stale` to put back. */
export function keepIndex({ vault, aside }: IndexPlaces): void {
  const index = join(vault, 'index');
  if (!existsSync(index)) return;
  rmSync(aside, { recursive: true, force: true });
  cpSync(index, aside, { recursive: true });
}

export function damageIndex(places: IndexPlaces, damage: IndexDamage, random: SeededRandom): void {
  const index = join(places.vault, 'index');
  if (damage === 'truncated' || damage === 'file removed') {
    const files = existsSync(index) ? readdirSync(index).sort() : [];
    if (files.length === 0) return;
    const file = join(index, random.pick(files));
    if (damage === 'truncated') truncateSync(file, random.below(statSync(file).size + 1));
    else rmSync(file);
    return;
  }
  rmSync(index, { recursive: true, force: true });
  const from = damage === 'stale' ? places.aside : damage === 'foreign' ? join(places.foreign, 'index') : undefined;
  if (from !== undefined && existsSync(from)) cpSync(from, index, { recursive: true });
}
