import type { Clock, Logger, ProgressSink, Random } from '../base/index.js';
import type { Engine, OpenSecrets } from '../engine/index.js';
import type { TreeEntry } from '../format/index.js';
import type { RecordDamage } from '../snapshot/index.js';
import type { ObjectReader } from '../storage/index.js';
import type { ChunkReader } from '../store/index.js';
import type { RecordLayer } from './records/layer.js';

/**
 * What happens to a file that is there already. `never`: it stays as it is. `changed`: one of equal size and time of
 * modification keeps its bytes and gets the snapshot's other metadata; any other is replaced. `always`: it is replaced
 * unseen.
 */
export type Overwrite = 'never' | 'changed' | 'always';

/** A path scope to bring back. */
export interface RestoreScope {
  readonly scope: string;
  /** Absolute, in bytes. */
  readonly path: Uint8Array;
  /** The scope's root; its name does not matter. */
  readonly entry: TreeEntry;
  /** Files and bytes below, for progress. */
  readonly files?: number;
  readonly bytes?: number;
}

/** One user's repository, as far as a restore needs it. */
export interface RestoreSource {
  readonly chunks: ChunkReader;
  readonly backend: ObjectReader;
  readonly secrets: OpenSecrets;
  readonly engine: Engine;
  /** The vault's directory, where it has one: nothing is ever restored into it or deleted from it. */
  readonly vaultPath?: string | undefined;
  /** The master key file, which is never removed or replaced either. */
  readonly keyFile?: string | undefined;
}

export interface RestoreOptions {
  readonly source: RestoreSource;
  readonly scopes: readonly RestoreScope[];
  /** Records to bring back beside them, oldest first; what the patterns leave out is hidden already. */
  readonly records?: readonly RecordLayer[] | undefined;
  /** What of the records cannot be read, and is not among them: listed as not restored. */
  readonly recordDamage?: readonly RecordDamage[] | undefined;
  readonly target: string;
  /** The directory below which the target must be, and through no link; undefined where it may be anywhere. */
  readonly beneath?: string | undefined;
  /** Puts the content of the one scope directly into the target, which then stands for the scope's root. */
  readonly flatten?: boolean;
  /** Patterns as in a `.gitignore`, on paths below the scope. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** Needed when the target has entries. */
  readonly overwrite?: Overwrite | undefined;
  /** Removes what the snapshot does not have, inside the scopes only. */
  readonly delete?: boolean;
  /** Reads everything written back and compares. */
  readonly verify?: boolean;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ProgressSink;
  readonly logger?: Logger;
  readonly random?: Random;
  readonly clock?: Clock;
}

export interface RestoreProblem {
  /** Below the target; a printable form. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface ProblemList {
  readonly count: number;
  /** The first 1,000. */
  readonly items: readonly RestoreProblem[];
}

export interface RestoreReport {
  /** Regular files written, hard links not counted. */
  readonly files: number;
  readonly directories: number;
  /** Symbolic links, hard links, fifos, devices. */
  readonly others: number;
  readonly bytesWritten: number;
  /** Those of them that came from the files that were there already. */
  readonly bytesReused: number;
  /** Items that were there already and kept their bytes. */
  readonly identical: number;
  /** Existing items left alone because of `never`. */
  readonly kept: number;
  readonly deleted: number;
  readonly verified: number;
  /** Items that are not there, or not as they were. */
  readonly failures: ProblemList;
  /** Items that are there but lack something. */
  readonly warnings: ProblemList;
  /** Whether stored data failed its check or was missing, or a restored file differs: exit code 65. */
  readonly corrupt: boolean;
  /** Objects of the vault that were found damaged or missing, 1,000 at most: names of objects, or hashes of packs in hex. */
  readonly damagedObjects: readonly string[];
  readonly durationMs: number;
}
