import { type Figure, median, type Sample, valuesOf } from './sample.js';

/**
 * What a row demands of one figure at one step.
 * `times` compares with a peer: theirs ÷ ours, at least the bound. `share`: ours ÷ theirs, at most the bound.
 * `limit`: ours alone, at most the bound. `best` is the peer with the lowest figure.
 */
export type Bound = {
  readonly step: string;
  readonly figure: Figure;
  /** Must be reached. */
  readonly floor?: number;
  /** Should be reached. */
  readonly aim?: number;
} & ({ readonly kind: 'times' | 'share'; readonly peer: string } | { readonly kind: 'limit' });

export interface Judgement {
  readonly bound: Bound;
  readonly ours: number;
  /** The peer that was compared with, `best` resolved; absent for a limit. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** What floor and aim are compared with. */
  readonly reached: number;
  /** Absent when the bound has no floor. */
  readonly floorMet?: boolean;
  /** Absent when the bound has no aim. */
  readonly aimMet?: boolean;
}

/** Judges medians; undefined when ours or the peer was not measured at that step. */
export function judge(bound: Bound, samples: readonly Sample[], oursName: string): Judgement | undefined {
  const medianOf = (program: string) => median(valuesOf(samples, bound.step, program, bound.figure));
  const ours = medianOf(oursName);
  if (ours === undefined) return undefined;
  if (bound.kind === 'limit') return verdict({ bound, ours, reached: ours });
  const names = bound.peer === 'best' ? rivals(samples, oursName) : [bound.peer];
  const peers = names.flatMap((name) => {
    const value = medianOf(name);
    return value === undefined ? [] : [{ name, value }];
  });
  const peer = peers.sort((a, b) => a.value - b.value)[0];
  if (peer === undefined) return undefined;
  return verdict({ bound, ours, peer, reached: bound.kind === 'times' ? peer.value / ours : ours / peer.value });
}

function verdict(facts: Omit<Judgement, 'floorMet' | 'aimMet'>): Judgement {
  const { kind, floor, aim } = facts.bound;
  const meets = (limit: number) => (kind === 'times' ? facts.reached >= limit : facts.reached <= limit);
  return {
    ...facts,
    ...(floor === undefined ? {} : { floorMet: meets(floor) }),
    ...(aim === undefined ? {} : { aimMet: meets(aim) }),
  };
}

/** Yardsticks do a part of the work, and are never the best backup program. */
const YARDSTICKS: ReadonlySet<string> = new Set(['cp -a', 'find', 'bare pipeline', 'read and hash']);

function rivals(samples: readonly Sample[], oursName: string): string[] {
  const names = new Set(samples.map((sample) => sample.program));
  return [...names].filter((name) => name !== oursName && !YARDSTICKS.has(name));
}
