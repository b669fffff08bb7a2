import type { Image, Operation } from './crash-disk.js';
import { Crashes, type Fate, pendingAt, SECTOR_BYTES } from './crash-image.js';
import type { IndexState } from './crash-index.js';
import type { SeededRandom } from './random.js';

/** What a crash may have left. */
export interface CrashState {
  /** How many operations had been begun. */
  readonly end: number;
  readonly image: Image;
  readonly index: IndexState;
  /** How many different disks there were so far, this one included. */
  readonly disks: number;
}

export interface StateOptions {
  readonly random: SeededRandom;
  /** Random outcomes for each moment, besides the systematic ones. */
  readonly chances: number;
}

/** Every moment of a history, each with many outcomes of what was not durable; equal states are told once. */
export function* crashStates(
  operations: readonly Operation[],
  initial: Image,
  { random, chances }: StateOptions,
): Generator<CrashState> {
  const crashes = new Crashes(operations, initial);
  const copies = operations.flatMap((operation, at) =>
    operation.op === 'index' ? [{ at, copy: operation.copy }] : [],
  );
  const seen = new Set<string>();
  let disks = 0;
  for (let end = 1; end <= operations.length; end++) {
    // Nothing new can be lost at a moment that made something durable or changed nothing.
    if (operations[end - 1]!.op === 'index') continue;
    for (const fates of outcomes(operations, pendingAt(operations, end), random, chances)) {
      const image = crashes.image(end, fates);
      const digest = crashes.digest(image);
      const disk = seen.has(digest) ? undefined : ++disks;
      seen.add(digest);
      for (const index of indexStates(copies, end, disk !== undefined, random)) {
        const key = `${digest} ${index.how} ${'copy' in index ? index.copy : ''} ${'share' in index ? index.share : ''}`;
        if (seen.has(key)) continue;
        seen.add(key);
        yield { end, image, index, disks };
      }
    }
  }
}

/** All, nothing, each change alone, all but each, each write torn in several ways, and mixtures. */
function* outcomes(
  operations: readonly Operation[],
  pending: readonly number[],
  random: SeededRandom,
  chances: number,
): Generator<ReadonlyMap<number, Fate>> {
  const none = new Map<number, Fate>(pending.map((i) => [i, 'none']));
  yield new Map();
  yield none;
  for (const i of pending) {
    yield new Map([[i, 'none']]);
    yield new Map([...none, [i, 'all']]);
    const operation = operations[i]!;
    if (operation.op !== 'write') continue;
    for (const fate of tears(operation.bytes.length, random)) yield new Map([[i, fate]]);
  }
  for (let n = 0; n < chances; n++) {
    const share = random.pick([0.2, 0.5, 0.8]);
    const fates = new Map<number, Fate>();
    for (const i of pending) {
      const operation = operations[i]!;
      if (!random.chance(share)) continue;
      const tear = operation.op === 'write' && random.chance(0.5);
      fates.set(i, tear ? random.pick([...tears(operation.bytes.length, random)]) : 'none');
    }
    yield fates;
  }
}

/** Only the length; the first sector; all but the last; about half of the sectors. */
function* tears(length: number, random: SeededRandom): Generator<Fate> {
  const sectors = Math.ceil(length / SECTOR_BYTES);
  yield 'length';
  if (sectors < 2) return;
  yield [true];
  yield Array.from({ length: sectors - 1 }, () => true);
  yield Array.from({ length: sectors }, () => random.chance(0.5));
}

/** How much of a torn index's log is there. */
const TORN_SHARES = [0, 0.4, 0.95];

interface IndexCopy {
  readonly at: number;
  readonly copy: string;
}

/** With a disk met for the first time all that can be; with one met again the index as it has become meanwhile. */
function* indexStates(
  copies: readonly IndexCopy[],
  end: number,
  first: boolean,
  random: SeededRandom,
): Generator<IndexState> {
  const before = copies.filter(({ at }) => at < end);
  const after = copies.filter(({ at }) => at >= end);
  const now = before.at(-1);
  if (now) yield { how: 'then', copy: now.copy };
  if (!first) return;
  yield { how: 'lost' };
  if (before.length > 1) yield { how: 'older', copy: random.pick(before).copy };
  if (after.length > 0) yield { how: 'newer', copy: random.pick(after).copy };
  for (const share of TORN_SHARES) if (now) yield { how: 'torn', copy: now.copy, share };
}
