import { readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExpectedFault } from './vaults.js';

export interface Fault extends Pick<ExpectedFault, 'fault' | 'code' | 'told' | 'reader'> {
  readonly name: string;
  /** Damages the vault below `vault`. */
  apply(vault: string): void;
}

/** One fault each. The first pack is that of the first snapshot. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'frame-byte',
    fault: 'a byte of the first frame of a pack is flipped',
    code: 'DATA_CORRUPT',
    told: null,
    reader: 'stops',
    apply: (vault) => flip(packs(vault)[0], 100),
  },
  {
    name: 'footer-byte',
    fault: 'a byte of the footer of a pack is flipped',
    code: 'OBJECT_MISSING',
    told: 'DATA_CORRUPT',
    reader: 'stops',
    apply: (vault) => flip(packs(vault)[0], -60),
  },
  {
    name: 'log-entry-byte',
    fault: 'a byte of the first log entry is flipped',
    code: null,
    told: 'DATA_CORRUPT',
    reader: 'stops',
    apply: (vault) => flip(find(vault, /\/log\/000000000001-/)[0], 200),
  },
  {
    name: 'log-entry-missing',
    fault: 'the first log entry is missing',
    code: null,
    told: 'OBJECT_MISSING',
    reader: 'stops',
    apply: (vault) => rmSync(only(find(vault, /\/log\/000000000001-/))),
  },
  {
    name: 'pack-truncated',
    fault: 'a pack has lost its last 100 bytes',
    code: 'OBJECT_MISSING',
    told: 'DATA_CORRUPT',
    reader: 'stops',
    apply: (vault) => {
      const [pack = ''] = packs(vault);
      truncateSync(pack, readFileSync(pack).length - 100);
    },
  },
  {
    name: 'pack-missing',
    fault: 'a pack is missing',
    code: 'OBJECT_MISSING',
    told: 'OBJECT_MISSING',
    reader: 'stops',
    apply: (vault) => rmSync(packs(vault)[0] ?? ''),
  },
  {
    name: 'packs-swapped',
    fault: 'two packs have each other’s names',
    code: null,
    told: null,
    reader: 'warns',
    apply: (vault) => {
      const [a = '', b = ''] = packs(vault);
      renameSync(a, `${a}~`);
      renameSync(b, a);
      renameSync(`${a}~`, b);
    },
  },
  {
    name: 'bundles-damaged',
    fault: 'both copies of the key bundle are damaged',
    code: 'DATA_CORRUPT',
    told: null,
    reader: 'stops',
    apply: (vault) => {
      for (const bundle of find(vault, /\/keys\//)) flip(bundle, 300);
    },
  },
  {
    name: 'bundle-damaged',
    fault: 'one of the two copies of the key bundle is damaged',
    code: null,
    told: null,
    reader: 'restores',
    apply: (vault) => flip(find(vault, /\/keys\/.*\.1$/)[0], 300),
  },
  {
    name: 'vault-edited',
    fault: 'vault.json says that the vault was created a second later',
    code: 'KEY_WRONG',
    told: null,
    reader: 'stops',
    apply: (vault) => {
      for (const path of find(vault, /\/vault\.json$/)) {
        const text = readFileSync(path, 'utf8');
        writeFileSync(
          path,
          text.replace(/"created":(\d+)/, (_, created) => `"created":${Number(created) + 1000}`),
        );
      }
    },
  },
];

/** The packs, those of earlier snapshots first: a later one of the same tree stores less. */
function packs(vault: string): string[] {
  const size = (path: string) => readFileSync(path).length;
  return find(vault, /\/packs\//).sort((a, b) => size(b) - size(a));
}

function find(vault: string, pattern: RegExp): string[] {
  const found = readdirSync(vault, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return found
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => pattern.test(path))
    .sort();
}

function only(paths: readonly string[]): string {
  const [path] = paths;
  if (path === undefined || paths.length > 1) throw new TypeError(`Wanted one object, found ${paths.length}.`);
  return path;
}

/** Flips a bit; a negative place counts from the end. */
function flip(path: string | undefined, place: number): void {
  if (path === undefined) throw new TypeError('There is nothing to damage.');
  const bytes = readFileSync(path);
  const at = place < 0 ? bytes.length + place : place;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}
