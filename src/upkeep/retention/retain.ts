import { type Clock, fromHex, isoTime, toHex } from '../../base/index.js';
import type { CallOptions } from '../../storage/index.js';
import type { UserRepository } from '../../vault/index.js';
import type { Calendar } from './calendar.js';
import { decide, type SnapshotDecision } from './decide.js';
import type { RetainedSnapshot } from './history.js';
import { HistoryCache } from './history-cache.js';
import type { RetentionPolicy } from './policy.js';
import { type ClockReading, type TrustedNow, trustedNow } from './trusted-now.js';

export interface RetainOptions extends CallOptions {
  readonly policy: RetentionPolicy;
  readonly calendar: Calendar;
  readonly clock: Clock;
  /** When this process opened the vault: `Vault.opened`. */
  readonly opened: ClockReading;
  /** Only says what would be done. */
  readonly dryRun?: boolean | undefined;
}

export interface Retained extends TrustedNow {
  /** Of each snapshot that was not forgotten before, in log order. */
  readonly decisions: readonly SnapshotDecision[];
  /** Ids of the snapshots that this forgot, or would forget; none while the clock is held. */
  readonly forgotten: readonly string[];
  /** What somebody should know: a clock that leaps, snapshots whose time cannot be believed. */
  readonly warnings: readonly string[];
}

const histories = new WeakMap<object, HistoryCache>();

/**
 * Forgets what the policy keeps no longer, in one entry of the log; where there is nothing, none is written. Forgotten snapshots can be
 * taken back until they are pruned.
 *
 * @throws {BitacoraError} `VAULT_READ_ONLY`; what writing to the log throws: then nothing is forgotten.
 */
export async function retain(repository: UserRepository, options: RetainOptions): Promise<Retained> {
  if (options.dryRun) return decideNow(repository, options);
  let retained: Retained | undefined;
  // Decided when nobody else can write any more: what was pinned a moment ago must not be forgotten.
  await repository.log.appendAfter(async () => {
    retained = await decideNow(repository, options);
    const backupIds = retained.forgotten.map((id) => fromHex(id.replaceAll('-', '')));
    return backupIds.length === 0 ? undefined : { kind: 'forget', body: { backupIds } };
  }, options);
  return retained!;
}

/** From so many entries of the log on a decision takes long enough to be noticed, */
const LARGE_ENTRIES = 2000;
/** and days do not pass in less than this. */
const LARGE_EVERY_MS = 3_600_000;

interface LastDecision {
  /** By the clock that never jumps. */
  readonly at: number;
  readonly warnings: readonly string[];
}
const lastDecisions = new WeakMap<object, Map<string, LastDecision>>();

/** Retention behind each snapshot: the same, but of a user with thousands of snapshots once an hour only. */
export async function retainBehind(
  repository: UserRepository,
  options: RetainOptions,
): Promise<Pick<Retained, 'forgotten' | 'warnings'>> {
  if (repository.index.mark.entries < LARGE_ENTRIES) return retain(repository, options);
  const { backend, uid } = repository;
  const last = lastDecisions.get(backend) ?? new Map<string, LastDecision>();
  lastDecisions.set(backend, last);
  const before = last.get(toHex(uid));
  const at = options.clock.monotonic();
  if (before && at - before.at < LARGE_EVERY_MS) return { forgotten: [], warnings: before.warnings };
  const retained = await retain(repository, options);
  last.set(toHex(uid), { at, warnings: retained.warnings });
  return retained;
}

/** What a user's log says of snapshots, forgotten ones included, in its order; not to be kept. */
export function historyOf(repository: UserRepository): Promise<readonly RetainedSnapshot[]> {
  let cache = histories.get(repository.backend);
  if (!cache) {
    cache = new HistoryCache();
    histories.set(repository.backend, cache);
  }
  return cache.read(repository);
}

async function decideNow(repository: UserRepository, options: RetainOptions): Promise<Retained> {
  const { policy, calendar, clock, opened } = options;
  const snapshots = await historyOf(repository);
  const reading = { wall: clock.now(), monotonic: clock.monotonic() };
  const seen = snapshots.map(({ captured }) => captured);
  const trusted = trustedNow({ reading, opened, seen });
  const decisions = decide({ snapshots, policy, now: trusted.now, calendar });
  const forgotten = decisions.filter(({ keep }) => !keep).map(({ snapshot }) => snapshot.id);
  return {
    ...trusted,
    decisions,
    forgotten: trusted.held ? [] : forgotten,
    warnings: [...clockWarnings(trusted), ...timeWarnings(decisions)],
  };
}

function clockWarnings({ held }: TrustedNow): string[] {
  if (!held) return [];
  const [from, to, until] = [held.from, held.to, held.until].map(isoTime);
  return [
    `Nothing is forgotten before ${until}: time went from ${from} to ${to} without anything in between. If the clock is wrong, set it right before then.`,
  ];
}

function timeWarnings(decisions: readonly SnapshotDecision[]): string[] {
  const count = (rule: string) => decisions.filter(({ reasons }) => reasons.some((one) => one.rule === rule)).length;
  const [ahead, astray] = [count('future'), count('out_of_order')];
  const warnings: string[] = [];
  const of = (n: number) => (n === 1 ? '1 snapshot is' : `${n} snapshots are`);
  if (ahead > 0) warnings.push(`${of(ahead)} dated in the future, and kept until then: the clock was or is wrong.`);
  if (astray > 0) warnings.push(`${of(astray)} dated out of order, and kept for longer: the clock was wrong then.`);
  return warnings;
}
