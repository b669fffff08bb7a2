import { readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noProgress, silentLogger, systemClock } from '../../../src/base/index.js';
import { packName, uidOf } from '../../../src/format/index.js';
import { readPackHead } from '../../../src/store/index.js';
import { type ScrubbedUser, type ScrubOptions, type ScrubResult, scrub } from '../../../src/upkeep/index.js';
import { objects, type Setting } from '../../backup/fixture.js';

export async function scrubbed(setting: Setting, options: Partial<ScrubOptions> = {}): Promise<ScrubResult> {
  const common = { clock: systemClock, logger: silentLogger, progress: noProgress, signal: undefined };
  return scrub(setting.vault, { ...common, engine: setting.engine, percent: 100, ...options });
}

/** What a scrub finds of the one user. */
export async function findings(setting: Setting, options: Partial<ScrubOptions> = {}): Promise<ScrubbedUser> {
  const { users, vaultProblems } = await scrubbed(setting, options);
  if (vaultProblems.length > 0) throw vaultProblems[0];
  return users[0]!;
}

export function codes({ problems }: ScrubbedUser): string[] {
  return problems.map(({ code }) => code);
}

export interface PackOnDisk {
  readonly object: string;
  readonly path: string;
  readonly bytes: Buffer;
  /** Where frames begin and end. */
  readonly frames: readonly { readonly from: number; readonly to: number; readonly kind: number }[];
}

/** The packs of the one user, in the order of their names. */
export async function packsOnDisk(setting: Setting): Promise<PackOnDisk[]> {
  const { backend, keys, uid } = setting.repository;
  const packs: PackOnDisk[] = [];
  for (const object of await objects(setting, 'packs')) {
    const hash = Buffer.from(object.slice(-64), 'hex');
    const { footer } = await readPackHead(backend, keys, hash);
    const path = join(setting.vaultPath, packName(uidOf(uid), hash));
    const frames = [...footer.kinds].map((kind, frame) => {
      const from = footer.offsets[frame]!;
      return { from, to: from + footer.sealedLengths[frame]!, kind };
    });
    packs.push({ object, path, bytes: readFileSync(path), frames });
  }
  return packs;
}

/** Flips a bit of a file that is read-only. */
export async function flip(path: string, at: number): Promise<void> {
  const bytes = readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  await overwrite(path, bytes);
}

export async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  await chmod(path, 0o600);
  await writeFile(path, bytes);
}
