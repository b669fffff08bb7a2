import { chmodSync, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { ErrorCode } from '../../src/base/index.js';
import type { Listing } from './listing.js';

/** The golden vaults lie beside the sources; what is compiled looks from `dist/test/golden`. */
export const GOLDEN = fileURLToPath(new URL('../../../test/golden/', import.meta.url));
/** Opens nothing but the golden vaults, and is known to everybody. */
export const KEY_NAME = 'test-only.key';
export const USER = 'golden';

/** The vaults of each format; from format 1 on none of them may change any more. */
export const VAULTS = ['format-0-zstd', 'format-0-lz4', 'format-0-gzip', 'format-0-none'] as const;

/** What stands in a golden vault's `expected.json`. */
export interface Expected {
  readonly program: string;
  /** The one scope's absolute path. */
  readonly scope: string;
  /** Oldest first. */
  readonly snapshots: readonly { readonly id: string; readonly tree: Listing }[];
}

/** A vault whose log holds what keeping brings: see `fillKeeping`. */
export const KEEPING = 'format-0-keeping';

/** One snapshot of that vault. */
export interface KeptSnapshot {
  readonly id: string;
  readonly scopes: readonly string[];
  readonly ended: readonly string[];
  readonly forgotten: boolean;
  readonly givenUp: boolean;
  readonly pinned: boolean;
  /** Of all that it holds; null where that is gone. */
  readonly digest: string | null;
}

/** What stands in its `expected.json`; `tree` is what the newest snapshot holds. */
export interface ExpectedKeeping {
  readonly program: string;
  readonly scope: string;
  readonly tree: Listing;
  /** Oldest first. */
  readonly kept: readonly KeptSnapshot[];
}

/** What stands in a damaged vault's `expected.json`. */
export interface ExpectedFault extends Expected {
  readonly fault: string;
  /** What the program fails with; null where everything is restored nevertheless. */
  readonly code: ErrorCode | null;
  /** The code of what opening the vault, its index lost, reports of a pack and goes on; null where it reports none. */
  readonly told: ErrorCode | null;
  /** What the reference reader does: it stops, or restores, with or without a warning. */
  readonly reader: 'stops' | 'warns' | 'restores';
}

export interface Copy<E extends Expected | ExpectedKeeping = Expected> {
  /** Private to the test, and gone with it. */
  readonly root: string;
  readonly vault: string;
  readonly keyFile: string;
  readonly expected: E;
}

/** Copies a golden vault: an open vault gets an index and a lock, and the key must be its owner's alone. */
export function copyGolden<E extends Expected | ExpectedKeeping = Expected>(test: Test, name: string): Copy<E> {
  const root = mkdtempSync(join(tmpdir(), 'bitacora-golden-'));
  test.teardown(() => rmSync(root, { recursive: true, force: true }));
  const from = join(GOLDEN, name);
  const vault = join(root, 'vault');
  const keyFile = join(root, KEY_NAME);
  cpSync(join(from, 'vault'), vault, { recursive: true });
  copyFileSync(join(from, KEY_NAME), keyFile);
  chmodSync(keyFile, 0o600);
  return { root, vault, keyFile, expected: JSON.parse(readFileSync(join(from, 'expected.json'), 'utf8')) as E };
}
