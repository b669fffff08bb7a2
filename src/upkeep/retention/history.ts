import type { SnapshotKind } from '../../format/index.js';
import type { EntryName } from '../../store/index.js';

/** A snapshot as retention sees it. */
export interface RetainedSnapshot {
  readonly id: string;
  readonly kind: SnapshotKind;
  /** Where its manifest is in the log. */
  readonly entry: EntryName;
  /** Commit time, milliseconds since 1970. */
  readonly time: number;
  readonly session: string | null;
  /** End of the capture, milliseconds since 1970. */
  readonly captured: number;
  /** What it captured, and what ended with it, by name. */
  readonly scopes: readonly string[];
  readonly ended: readonly string[];
  readonly pinned: boolean;
  readonly forgotten: boolean;
  /** When it was forgotten, milliseconds since 1970; undefined unless it is and may be taken back. */
  readonly forgottenAt: number | undefined;
  /** Forgotten for good: its data is going, and nobody can take it back. */
  readonly givenUp: boolean;
  /** Somebody wanted it back after it had been forgotten. */
  readonly takenBack: boolean;
}

/**
 * Why something is kept. `recent`: every capture, for a while; `daily`, `weekly`, `monthly`: the last of its period; `manual`, `critical`:
 * somebody asked for it; `newest`: the state of a scope that has not ended; `pinned`, `taken_back`: somebody said so; `end`: it says that
 * a scope ended of which there are older captures; `future`, `out_of_order`: its time cannot be believed.
 */
export type RetentionRule =
  | 'recent'
  | 'daily'
  | 'weekly'
  | 'monthly'
  | 'manual'
  | 'critical'
  | 'newest'
  | 'pinned'
  | 'taken_back'
  | 'end'
  | 'future'
  | 'out_of_order';
