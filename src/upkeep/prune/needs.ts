import { concatBytes, fromHex, isBitacoraError, toHex } from '../../base/index.js';
import type { Tombstone } from '../../format/index.js';
import { type DamagedFrames, openPackHead } from '../../store/index.js';
import type { UserPrune } from './context.js';
import { idOf, LiveChunks } from './live-chunks.js';
import { type BringBack, Marker } from './marker.js';
import { hasNewNeeds, isNeeded } from './roots.js';

/** Packs that one entry names. */
const PACKS_AN_ENTRY = 10_000;
/** How often the log may grow under a decision before it is left for the next time. */
const TRIES = 20;

/** A forgotten snapshot that nobody needs any more. */
export interface DeadSnapshot {
  readonly id: string;
  readonly backupId: Uint8Array;
  readonly time: number;
}

/**
 * What the user's snapshots need, kept up with the log: what is decided from it is written only when it still holds in the very step
 * in which nobody else can write.
 */
export class Needs {
  readonly live: LiveChunks;
  readonly #prune: UserPrune;
  readonly #marker: Marker;
  readonly #marked = new Set<string>();
  readonly #dead = new Map<string, DeadSnapshot>();
  /** What was known to be damaged when it was marked last, by the index's own numbers of packs. */
  #damaged: ReadonlyMap<number, DamagedFrames | undefined> = new Map();
  #seq = 0;
  /** Snapshots that were given up. */
  readonly #told = new Set<string>();

  constructor(prune: UserPrune, bringBack: BringBack) {
    this.#prune = prune;
    this.live = new LiveChunks(prune.repository.index);
    this.#marker = new Marker(prune, this.live, bringBack);
  }

  /** Forgotten and not given up yet, newest first. */
  get dead(): readonly DeadSnapshot[] {
    return [...this.#dead.values()];
  }

  /** Whether any were given up. */
  get hasGivenUp(): boolean {
    return this.#told.size > 0;
  }

  /** Marks what snapshots need that were not marked before. */
  async update(): Promise<void> {
    const { repository } = this.#prune;
    // What is appended while the log is read is looked at the next time.
    const seq = Math.max(0, ...repository.index.mark.applied.map((name) => name.seq));
    await this.#leaveDamaged();
    for await (const listed of repository.snapshots.all()) {
      const { id, manifest, time } = listed.snapshot;
      if (isNeeded(this.#prune, listed)) {
        this.#dead.delete(id);
        if (this.#marked.has(id)) continue;
        await this.#marker.snapshot(id, manifest);
        this.#marked.add(id);
      } else if (!listed.givenUp) this.#dead.set(id, { id, backupId: manifest.backupId, time });
    }
    this.#seq = seq;
  }

  /** Whether the log says something by now that `update` has to look at. */
  isStale(): Promise<boolean> {
    return hasNewNeeds(this.#prune, this.#seq);
  }

  /** Of what was marked in places that were found damaged since, marks the places where it lies as well. */
  async #leaveDamaged(): Promise<void> {
    const { index, keys } = this.#prune.repository;
    const before = this.#damaged;
    this.#damaged = new Map(index.quarantine.ordinals().map((ordinal) => [ordinal, index.quarantine.of(ordinal)]));
    for (const [ordinal, damaged] of this.#damaged) {
      if (damaged === undefined || damaged === before.get(ordinal)) continue;
      const name = index.packName(ordinal);
      const chunks = [...this.live.chunksOf(toHex(name))].filter(
        ({ frame }) => damaged === 'whole' || damaged.has(frame),
      );
      if (chunks.length === 0) continue;
      const footer = openPackHead(keys, name, await index.sealedHead(ordinal));
      await this.#marker.elsewhere(concatBytes(chunks.map(({ number }) => idOf(footer, number))));
    }
  }

  /**
   * About how many bytes each dead snapshot holds that nothing newer or living does, by id; none for one that cannot be read. What they
   * need counts as needed from then on.
   */
  async bytesOfDead(): Promise<ReadonlyMap<string, number>> {
    const bytes = new Map<string, number>();
    for await (const { snapshot } of this.#prune.repository.snapshots.all()) {
      if (!this.#dead.has(snapshot.id)) continue;
      try {
        bytes.set(snapshot.id, Math.round(await this.#marker.snapshot(snapshot.id, snapshot.manifest)));
      } catch (error) {
        if (!isBitacoraError(error, 'OBJECT_MISSING') && !isBitacoraError(error, 'DATA_CORRUPT')) throw error;
      }
    }
    return bytes;
  }

  /**
   * Writes tombstones for those packs of which nothing is needed at that moment and on which nobody relies; resolves with them. From the
   * same step on dedup relies on none of them.
   *
   * @param packs - Hashes in hex.
   * @param added - Packs that took over what was needed of them; named in any case.
   */
  async bury(packs: readonly string[], added: readonly Uint8Array[]): Promise<string[]> {
    const gone: string[] = [];
    for (let from = 0; from === 0 || from < packs.length; from += PACKS_AN_ENTRY) {
      gone.push(...(await this.#buryOnce(packs.slice(from, from + PACKS_AN_ENTRY), from === 0 ? added : [])));
    }
    return gone;
  }

  async #buryOnce(packs: readonly string[], added: readonly Uint8Array[]): Promise<string[]> {
    const { repository, signal } = this.#prune;
    const { index, log } = repository;
    for (let tries = 0; tries < TRIES; tries++) {
      let going: string[] = [];
      let untold: readonly DeadSnapshot[] = [];
      let isStale = false;
      try {
        await log.appendAfter(
          async () => {
            isStale = await this.isStale();
            if (isStale) return undefined;
            // From here to the entry's sealing nothing is waited for: what is looked at cannot change in between.
            going = packs.filter((pack) => this.#mayGo(pack));
            // Also those that were forgotten since some were given up: they may have relied on what goes now.
            untold = this.dead.filter(({ id }) => !this.#told.has(id));
            const body = this.#tombstone(going, added, untold);
            if (body.packs.length + body.added.length === 0) return undefined;
            index.buried.add(ordinalsOf(this.#prune, going));
            return { kind: 'tombstone', body };
          },
          { signal },
        );
      } catch (error) {
        if (isBitacoraError(error, 'CANCELLED')) index.buried.delete(...ordinalsOf(this.#prune, going));
        // Else the entry may be there after all: nobody relies on those packs, and the index is read anew the next time.
        else if (going.length > 0) await index.distrust();
        throw error;
      }
      if (isStale) {
        await this.update();
        continue;
      }
      if (going.length > 0) for (const { id } of untold) this.#told.add(id);
      return going;
    }
    return [];
  }

  #mayGo(pack: string): boolean {
    const { index, holder } = this.#prune.repository;
    const ordinal = index.packOrdinal(fromHex(pack));
    if (ordinal === undefined || !index.mayRely(ordinal)) return false;
    return (this.live.share(pack)?.liveChunks ?? 0) === 0 && !index.holders.isRelied(ordinal, holder);
  }

  #tombstone(going: readonly string[], added: readonly Uint8Array[], untold: readonly DeadSnapshot[]): Tombstone {
    const { index } = this.#prune.repository;
    const names = new Map(added.map((name) => [toHex(name), name]));
    // What an earlier run stored again before it was cut short, or an interrupted backup: needed, and named by nobody.
    for (const name of index.loosePacks()) {
      if ((this.live.share(toHex(name))?.liveChunks ?? 0) > 0) names.set(toHex(name), name);
    }
    const snapshots = going.length === 0 ? [] : untold.map(({ backupId }) => backupId);
    return { packs: going.map(fromHex), added: [...names.values()], snapshots };
  }
}

function ordinalsOf({ repository }: UserPrune, packs: readonly string[]): number[] {
  return packs.map((pack) => repository.index.packOrdinal(fromHex(pack))!);
}
