/** A pack as the plan sees it. */
export interface JudgedPack {
  /** Its hash in hex. */
  readonly pack: string;
  /** Of the whole object. */
  readonly length: number;
  /** Part of it that is needed, 0 to 1. */
  readonly live: number;
  /** Whether something of it is known to be damaged: such a pack is not taken apart. */
  readonly damaged: boolean;
}

export interface PrunePlan {
  /** Packs of which nothing is needed. */
  readonly dead: readonly JudgedPack[];
  /** Packs whose needed chunks are stored again together, group by group. */
  readonly groups: readonly (readonly JudgedPack[])[];
  /** Bytes that go with that, about. */
  readonly goingBytes: number;
  readonly totalBytes: number;
}

/** A pack of which less than this part is needed is taken apart. */
const LIVE_SHARE = 0.5;
/** Packs below this length are joined once there are enough of about one length: each byte is then moved a few times at most. */
const SMALL_BYTES = 4 * 2 ** 20;
const SMALL_TOGETHER = 8;
const SMALLEST_BYTES = 4096;
/** What is stored again at a time, needed bytes. */
const GROUP_BYTES = 64 * 2 ** 20;
/** Rewriting must save at least this part of what it rewrites. */
const SAVED_SHARE = 0.1;

/** Says what goes and what is stored again. Packs come oldest first. */
export function planPrune(packs: readonly JudgedPack[]): PrunePlan {
  const totalBytes = sum(packs, ({ length }) => length);
  const dead = packs.filter(({ live }) => live === 0);
  const alive = packs.filter(({ live, damaged }) => live > 0 && !damaged);
  const sparse = alive.filter(({ live }) => live < LIVE_SHARE);
  const dense = alive.filter(({ live }) => live >= LIVE_SHARE);
  const groups = [...inGroups(sparse), ...tiers(dense).flatMap(inGroups)].filter(isWorthIt);
  const freed = sum(groups, (group) => sum(group, ({ length, live }) => length * (1 - live)));
  return { dead, groups, totalBytes, goingBytes: Math.round(sum(dead, ({ length }) => length) + freed) };
}

/** Small packs of about one length, where there are enough. */
function tiers(packs: readonly JudgedPack[]): JudgedPack[][] {
  const byTier = new Map<number, JudgedPack[]>();
  for (const pack of packs) {
    if (pack.length >= SMALL_BYTES) continue;
    const tier = Math.floor(Math.log2(Math.max(1, pack.length / SMALLEST_BYTES)) / 2);
    byTier.set(tier, [...(byTier.get(tier) ?? []), pack]);
  }
  return [...byTier.values()].filter((tier) => tier.length >= SMALL_TOGETHER);
}

function inGroups(packs: readonly JudgedPack[]): JudgedPack[][] {
  const groups: JudgedPack[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const pack of packs) {
    const live = pack.length * pack.live;
    if (bytes + live > GROUP_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(pack);
    bytes += live;
  }
  return groups;
}

/** Many small objects are worth joining for their number alone. */
function isWorthIt(group: readonly JudgedPack[]): boolean {
  if (group.length >= SMALL_TOGETHER) return true;
  const before = sum(group, ({ length }) => length);
  const after = Math.max(
    SMALLEST_BYTES,
    sum(group, ({ length, live }) => length * live),
  );
  return after <= before * (1 - SAVED_SHARE);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
