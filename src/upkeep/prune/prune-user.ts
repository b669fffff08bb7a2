import { type BitacoraError, fromHex, throwIfAborted } from '../../base/index.js';
import type { UserIndex } from '../../store/index.js';
import type { UserRepository } from '../../vault/index.js';
import { Aging } from './aging.js';
import type { PruneOptions, UserPrune } from './context.js';
import { Needs } from './needs.js';
import { adoptUnknown, type ListedPacks, listPacks } from './packs.js';
import { type JudgedPack, type PrunePlan, planPrune } from './plan.js';
import { type Moved, purge, putAside, sum } from './put-aside.js';
import { repack } from './repack.js';
import { rescue } from './rescue.js';
import { checkLog, logFacts } from './roots.js';

/** More than this part of what is stored goes at once only where that is asked for. */
const BRAKE_SHARE = 0.2;
/** Below this a single pack may be more than that part. */
const BRAKE_BYTES = 8 * 2 ** 20;

export interface PrunedUser {
  readonly name: string;
  /** `held`: more would go at once than goes without being asked for; `stopped`: it could not be told for sure what is needed. */
  readonly status: 'done' | 'held' | 'stopped';
  /** Why it was stopped. */
  readonly problem: BitacoraError | undefined;
  /** What was found amiss and put right. */
  readonly warnings: readonly string[];
  /** Packs that snapshots may need, when it began. */
  readonly before: Moved;
  /** Forgotten snapshots that were given up, or would be, newest first; `bytes` only of a dry run: what goes with each, about. */
  readonly snapshots: readonly PrunedSnapshot[];
  /** Packs of which nothing is needed. */
  readonly dead: Moved;
  /** Packs of which something is needed, that is stored again elsewhere. */
  readonly rewritten: Moved;
  /** What was stored again. */
  readonly added: Moved;
  /** Packs that somebody who has the user open may still read: they go the next time. */
  readonly waiting: number;
  readonly putAside: Moved;
  readonly purged: Moved;
  /** What is aside at the end. */
  readonly aside: Moved;
}

export interface PrunedSnapshot {
  readonly id: string;
  readonly time: number;
  readonly bytes: number | undefined;
}

const NONE: Moved = { packs: 0, bytes: 0 };
const running = new WeakMap<UserIndex, Promise<unknown>>();

/**
 * Frees what only forgotten snapshots need: tombstone first, then put aside, then removed for good after a while; backups and restores of
 * the same user go on meanwhile. May be cancelled or killed at any time; what was done by then holds, and the next run goes on.
 *
 * @throws {BitacoraError} where it cannot be told what is needed: `OBJECT_MISSING`, `DATA_CORRUPT`, `FORMAT_NEWER`; then nothing was removed.
 *   `CANCELLED`; `VAULT_READ_ONLY`; what the backend throws.
 */
export async function pruneUser(repository: UserRepository, options: PruneOptions): Promise<PrunedUser> {
  const { index } = repository;
  // One at a time: each judges what the one before left.
  const before = running.get(index) ?? Promise.resolve();
  const result = before.then(() => run({ ...options, repository }));
  running.set(
    index,
    result.catch(() => undefined),
  );
  return result;
}

async function run(prune: UserPrune): Promise<PrunedUser> {
  const { repository, dryRun = false, signal } = prune;
  throwIfAborted(signal);
  await checkLog(prune);
  const facts = await logFacts(prune);
  const listed = await listPacks(prune, facts.tombstoned);
  const needs = new Needs(prune, (ids) => (dryRun ? Promise.resolve() : rescue(prune, listed, ids)));
  await needs.update();
  const plan = planPrune(judge(repository, listed, needs));
  const common = await describe(prune, listed, needs, plan);
  const isHeld = !prune.allowLarge && plan.goingBytes > Math.max(BRAKE_BYTES, plan.totalBytes * BRAKE_SHARE);
  if (dryRun) return { ...common, status: isHeld ? 'held' : 'done' };
  const aging = await Aging.open(prune);
  await adoptUnknown(prune, listed.packs, facts.tombstoned);
  const added = isHeld ? NONE : await carryOut(prune, needs, plan);
  const { held, warnings, ...aside } = await putAside(prune, listed.strays, listed.packs, listed.trash);
  for (const warning of warnings) prune.logger.warn(warning, { user: repository.name });
  const purged = await purge(prune, needs, aging, listed.trash);
  await aging.save(listed.trash.keys());
  return {
    ...common,
    status: isHeld ? 'held' : 'done',
    snapshots: needs.hasGivenUp ? common.snapshots : [],
    added,
    warnings,
    waiting: held,
    putAside: aside,
    purged,
    aside: { packs: listed.trash.size, bytes: sum(listed.trash.keys(), listed.trash) },
  };
}

function judge(repository: UserRepository, { candidates }: ListedPacks, { live }: Needs): JudgedPack[] {
  return [...candidates].map(([pack, length]) => {
    const share = live.share(pack);
    const part = share && share.liveChunks > 0 ? Math.max(Number.EPSILON, share.liveBytes / share.bytes) : 0;
    return { pack, length, live: part, damaged: isDamaged(repository, pack) };
  });
}

function isDamaged({ index }: UserRepository, pack: string): boolean {
  const ordinal = index.packOrdinal(fromHex(pack));
  return ordinal !== undefined && index.quarantine.of(ordinal) !== undefined;
}

/** The dead first: that takes no space, and may make some. */
async function carryOut(prune: UserPrune, needs: Needs, plan: PrunePlan): Promise<Moved> {
  const { logger, repository } = prune;
  await needs.bury(
    plan.dead.map(({ pack }) => pack),
    [],
  );
  let packs = 0;
  let bytes = 0;
  for (const group of plan.groups) {
    throwIfAborted(prune.signal);
    // Damage may have been found since they were judged: such a pack is not taken apart.
    const sound = group.filter(({ pack }) => !isDamaged(repository, pack));
    const stored = await repack(prune, needs.live, sound);
    const names = sound.map(({ pack }) => pack);
    const gone = await needs.bury(names, stored.packs);
    packs += stored.packs.length;
    bytes += stored.bytes;
    logger.debug('Stored again what was needed of some packs.', { user: repository.name, gone: gone.length });
  }
  return { packs, bytes };
}

async function describe(
  { repository, dryRun }: UserPrune,
  { candidates, trash }: ListedPacks,
  needs: Needs,
  { dead, groups, totalBytes }: PrunePlan,
): Promise<Omit<PrunedUser, 'status'>> {
  const bytesOf = dryRun ? await needs.bytesOfDead() : new Map<string, number>();
  // Where no pack goes, they can still be taken back.
  const goes = dead.length + groups.length > 0;
  const snapshots = goes ? needs.dead.map(({ id, time }) => ({ id, time, bytes: bytesOf.get(id) })) : [];
  return {
    name: repository.name,
    problem: undefined,
    warnings: [],
    before: { packs: candidates.size, bytes: totalBytes },
    snapshots,
    dead: total(dead),
    rewritten: total(groups.flat()),
    added: NONE,
    waiting: 0,
    putAside: NONE,
    purged: NONE,
    aside: { packs: trash.size, bytes: sum(trash.keys(), trash) },
  };
}

function total(packs: readonly JudgedPack[]): Moved {
  return { packs: packs.length, bytes: packs.reduce((bytes, { length }) => bytes + length, 0) };
}
