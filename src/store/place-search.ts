import { asBuffer, BitacoraError } from '../base/index.js';
import { type Footer, ID_BYTES } from '../format/index.js';
import type { ChunkLocation } from './chunk-index-records.js';
import type { UserIndex } from './chunk-index-user.js';

/** What is looked through for places: the packs' own tables of contents. */
export interface Footers {
  /** Throws a `BitacoraError` for a pack whose head cannot be had. */
  get(ordinal: number): Promise<{ readonly footer: Footer }>;
}

/** Number, in the pack's own table, of the chunk that a place speaks of; -1 where the pack has no such place. */
export function chunkNumber(footer: Footer, { frame, position }: ChunkLocation): number {
  if (frame >= footer.frameCount) return -1;
  const chunk = footer.firstChunks[frame]! + position;
  return chunk < footer.firstChunks[frame + 1]! ? chunk : -1;
}

/** Whether the pack's own table has the chunk (of number `i` among `ids`) at that place. */
export function isAt(footer: Footer, place: ChunkLocation, ids: Uint8Array, i: number): boolean {
  const chunk = chunkNumber(footer, place);
  return chunk >= 0 && sameId(footer.ids, chunk, ids, i);
}

/**
 * Looks for chunks in the tables of contents of all packs, newest first, since the index is found wrong or lacks them. Costs the
 * opening of every pack's head, and is worth it only then.
 *
 * @param ids - n × 32 bytes.
 * @param refused - Places of chunk i that are not wanted.
 * @returns a place for each, one that is not in quarantine where there is such; undefined where no pack has the chunk.
 */
export async function searchPlaces(
  index: UserIndex,
  footers: Footers,
  ids: Uint8Array,
  refused: (place: ChunkLocation, i: number) => boolean = () => false,
): Promise<(ChunkLocation | undefined)[]> {
  const sound = new Array<ChunkLocation | undefined>(ids.length / ID_BYTES).fill(undefined);
  const doubtful = [...sound];
  const wanted = byFirstBytes(ids);
  for (const name of index.packNames().reverse()) {
    const pack = index.packOrdinal(name);
    const footer = pack === undefined ? undefined : await footerOf(footers, pack);
    if (pack === undefined || !footer) continue;
    for (let chunk = 0, frame = 0; chunk < footer.chunkCount; chunk++) {
      while (chunk >= footer.firstChunks[frame + 1]!) frame++;
      for (const i of wanted.get(firstBytes(footer.ids, chunk)) ?? []) {
        if (sound[i] || !sameId(footer.ids, chunk, ids, i)) continue;
        const place = { pack, frame, position: chunk - footer.firstChunks[frame]! };
        if (refused(place, i)) continue;
        if (index.quarantine.has(place)) doubtful[i] ??= place;
        else sound[i] = place;
      }
    }
  }
  return sound.map((place, i) => place ?? doubtful[i]);
}

/** Undefined for a pack whose head cannot be had. */
export async function footerOf(footers: Footers, ordinal: number): Promise<Footer | undefined> {
  try {
    return (await footers.get(ordinal)).footer;
  } catch (error) {
    if (error instanceof BitacoraError) return undefined;
    throw error;
  }
}

/** Numbers of the chunks by the first bytes of their ids, which are as good as random. */
function byFirstBytes(ids: Uint8Array): Map<number, number[]> {
  const numbers = new Map<number, number[]>();
  for (let i = 0; i < ids.length / ID_BYTES; i++) {
    const key = firstBytes(ids, i);
    const known = numbers.get(key);
    if (known) known.push(i);
    else numbers.set(key, [i]);
  }
  return numbers;
}

function firstBytes(ids: Uint8Array, i: number): number {
  return asBuffer(ids).readUInt32LE(i * ID_BYTES);
}

function sameId(a: Uint8Array, i: number, b: Uint8Array, j: number): boolean {
  for (let byte = 0; byte < ID_BYTES; byte++) if (a[i * ID_BYTES + byte] !== b[j * ID_BYTES + byte]) return false;
  return true;
}
