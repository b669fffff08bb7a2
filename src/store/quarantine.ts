import { asBuffer } from '../base/index.js';
import type { QuarantinedPack } from '../format/index.js';
import type { Batch } from './chunk-index-database.js';
import { ordinalKey, TAG } from './chunk-index-keys.js';
import { type ChunkLocation, withChecksum, withoutChecksum } from './chunk-index-records.js';

/** Frames of a pack that are known to be damaged, or all that it holds. */
export type DamagedFrames = ReadonlySet<number> | 'whole';

/** Which places of one user's packs are known to be damaged, by the index's own numbers of packs. */
export class Quarantine {
  readonly #packs = new Map<number, DamagedFrames>();

  get empty(): boolean {
    return this.#packs.size === 0;
  }

  has({ pack, frame }: ChunkLocation): boolean {
    const damaged = this.#packs.get(pack);
    return damaged !== undefined && (damaged === 'whole' || damaged.has(frame));
  }

  /** Undefined for a pack of which nothing is known. */
  of(ordinal: number): DamagedFrames | undefined {
    return this.#packs.get(ordinal);
  }

  /** The packs of which something is. */
  ordinals(): number[] {
    return [...this.#packs.keys()];
  }

  /** `undefined`: nothing of the pack is damaged. */
  set(ordinal: number, damaged: DamagedFrames | undefined): void {
    if (damaged === undefined) this.#packs.delete(ordinal);
    else this.#packs.set(ordinal, damaged);
  }

  clear(): void {
    this.#packs.clear();
  }
}

/** What an entry of the log says of a pack. */
export function damagedFrames({ damage, frames }: QuarantinedPack): DamagedFrames | undefined {
  if (damage === 'none') return undefined;
  return damage === 'whole' ? 'whole' : new Set(frames);
}

const WHOLE = 1;

export function encodeDamaged(damaged: DamagedFrames): Uint8Array {
  if (damaged === 'whole') return withChecksum(Uint8Array.of(WHOLE));
  const bytes = Buffer.alloc(1 + damaged.size * 4);
  let at = 1;
  for (const frame of damaged) at = bytes.writeUInt32BE(frame, at);
  return withChecksum(bytes);
}

/** Undefined if the bytes fail their checksum. */
export function decodeDamaged(stored: Uint8Array): DamagedFrames | undefined {
  const bytes = withoutChecksum(stored);
  if (!bytes || bytes.length % 4 !== 1) return undefined;
  if (bytes[0] === WHOLE) return 'whole';
  const frames = new Set<number>();
  for (let at = 1; at < bytes.length; at += 4) frames.add(asBuffer(bytes).readUInt32BE(at));
  return frames;
}

/** Adds what entries of the log say of damage; returns it by the index's own numbers. Packs that are not known are passed over. */
export function putQuarantine(
  batch: Batch,
  uid: Uint8Array,
  quarantine: readonly QuarantinedPack[],
  ordinalOf: (pack: Uint8Array) => number | undefined,
): Map<number, DamagedFrames | undefined> {
  const damaged = new Map<number, DamagedFrames | undefined>();
  for (const quarantined of quarantine) {
    const ordinal = ordinalOf(quarantined.pack);
    if (ordinal === undefined) continue;
    const key = ordinalKey(uid, TAG.quarantine, ordinal);
    const frames = damagedFrames(quarantined);
    if (frames === undefined) batch.del(key);
    else batch.put(key, encodeDamaged(frames));
    damaged.set(ordinal, frames);
  }
  return damaged;
}
