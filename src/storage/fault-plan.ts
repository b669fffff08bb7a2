import type { BackendCall } from './around.js';
import type { ObjectName } from './names.js';

export type FaultVerb = BackendCall['verb'] | 'list';

/** What goes wrong; each acts on the verbs named with it and is refused on others. */
export type FaultEffect =
  /** Every verb: fails before it has done anything, `BACKEND_FAILED`; may be repeated. A listing fails half-way. */
  | 'io'
  | 'timeout'
  /** `put`: no space, nothing written. */
  | 'no-space'
  /** `put`, `remove`: done, and then the answer is lost, `OBJECT_UNKNOWN`. Readers: `OBJECT_UNKNOWN`. */
  | 'unknown'
  /** `put`: says that it is done, but the object is gone after `crash()`. */
  | 'lost'
  /** `get`: the second half is missing. `getRange`: `DATA_CORRUPT`, as from a truncated object. */
  | 'truncated'
  /** `get`, `getRange`: one bit in the middle is flipped. */
  | 'corrupt'
  /** `list`: ends half-way as if that were all. */
  | 'short';

export interface FaultCall {
  readonly verb: FaultVerb;
  /** The prefix, for a listing. */
  readonly name: ObjectName;
  /** How many calls of this verb there have been, this one included. */
  readonly count: number;
}

/** Decides for each call whether and how it goes wrong. */
export type FaultPlan = (call: FaultCall) => FaultEffect | undefined;

export interface FaultRule {
  readonly verb: FaultVerb;
  /** Which of the calls that the rule is about fails, counted from 1; every one unless told. */
  readonly nth?: number;
  /** Which names the rule is about; all unless told. */
  readonly name?: (name: string) => boolean;
  readonly effect: FaultEffect;
}

/** Faults at chosen calls; the first rule that applies wins. Every rule counts the calls it is about. */
export function scriptedFaults(rules: readonly FaultRule[]): FaultPlan {
  const counts = rules.map(() => 0);
  return (call) => {
    let effect: FaultEffect | undefined;
    rules.forEach((rule, index) => {
      if (rule.verb !== call.verb || !(rule.name?.(call.name) ?? true)) return;
      counts[index]!++;
      if (rule.nth === undefined || rule.nth === counts[index]) effect ??= rule.effect;
    });
    return effect;
  };
}

const SEEDED: Readonly<Record<FaultVerb, readonly FaultEffect[]>> = {
  get: ['io', 'timeout', 'unknown'],
  getRange: ['io', 'timeout', 'unknown'],
  stat: ['io', 'timeout', 'unknown'],
  list: ['io', 'timeout'],
  put: ['io', 'timeout', 'unknown'],
  remove: ['io', 'timeout', 'unknown'],
  move: ['io', 'timeout', 'unknown'],
};

/** Passing faults, which a retry overcomes, at `share` (0 to 1) of all calls; the same for the same seed and calls. */
export function seededFaults(seed: number, share: number): FaultPlan {
  const next = mulberry32(seed);
  return ({ verb }) => {
    const [chance, choice] = [next(), next()];
    const effects = SEEDED[verb];
    return chance < share ? effects[Math.floor(choice * effects.length)] : undefined;
  };
}

/** Uniform in [0, 1), from 32 bits of state: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
