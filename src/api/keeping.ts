import { isoTime } from '../base/index.js';
import type { RetentionReason, RetentionRule, SnapshotDecision } from '../upkeep/index.js';

/** What of a decision a document says: the rules that keep a snapshot, and when the last of them ends. */
export interface KeepingFields {
  /** Longest first. */
  readonly kept_by: RetentionRule[];
  /** Null where no time ends it, and where nothing keeps it. */
  readonly kept_until: string | null;
}

export const NOT_KEPT: KeepingFields = { kept_by: [], kept_until: null };

export function keepingFields({ reasons, captures }: SnapshotDecision): KeepingFields {
  const holding = [...reasons, ...captures.flatMap((capture) => capture.reasons)].filter(({ holds }) => holds);
  holding.sort((a, b) => endOf(b) - endOf(a));
  const longest = holding[0]?.until ?? null;
  return {
    kept_by: [...new Set(holding.map(({ rule }) => rule))],
    kept_until: longest === null ? null : isoTime(longest),
  };
}

export function reasonField({ rule, until, holds }: RetentionReason): {
  rule: RetentionRule;
  until: string | null;
  holds: boolean;
} {
  return { rule, until: until === null ? null : isoTime(until), holds };
}

function endOf({ until }: RetentionReason): number {
  return until ?? Number.POSITIVE_INFINITY;
}
