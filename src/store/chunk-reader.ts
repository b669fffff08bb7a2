import { BitacoraError, concatBytes, isBitacoraError, toHex } from '../base/index.js';
import type { IdKind } from '../crypto/index.js';
import { checkChunk, FrameOpener, KeyRing, type OpenSecrets } from '../engine/index.js';
import { type ChunkKind, type Footer, ID_BYTES, uidOf } from '../format/index.js';
import type { ObjectReader } from '../storage/index.js';
import type { ChunkLocation } from './chunk-index-records.js';
import type { UserIndex } from './chunk-index-user.js';
import { type CachedChunk, FrameCache } from './chunk-reader-cache.js';
import { type OpenPack, OpenPacks } from './chunk-reader-packs.js';
import { footerOf, isAt, searchPlaces } from './place-search.js';

export interface ChunkReaderOptions {
  readonly index: UserIndex;
  readonly backend: ObjectReader;
  /** Kept, not copied; the caller wipes them after `close`. */
  readonly secrets: OpenSecrets;
  /** Plain bytes of frames to keep; 16 MiB unless told. */
  readonly cacheBytes?: number;
}

/** Where many chunks are: chunk i is in `packs[pack[i]]`, or nowhere when `pack[i]` is -1. */
export interface LocatedChunks {
  readonly packs: readonly OpenPack[];
  readonly pack: Int32Array;
  readonly frame: Uint32Array;
  readonly position: Uint32Array;
  /** Why a pack's chunks cannot be had, by number in `pack`, where its head does not open. */
  readonly unusable: ReadonlyMap<number, BitacoraError>;
}

/**
 * Reads one user's chunks: tree nodes and lists one by one here, file data by place through `locate`. Not shared between
 * threads; calls may overlap.
 */
export class ChunkReader {
  readonly #index: UserIndex;
  readonly #backend: ObjectReader;
  readonly #keys: KeyRing;
  readonly #heads: OpenPacks;
  readonly #cache: FrameCache;
  readonly #loading = new Map<string, Promise<void>>();
  /** All packs were looked through for chunks that the index lacked, and had none of them. */
  #absencesHold = false;
  /** Damaged frames of which a chunk was looked for in all packs and found nowhere else. */
  readonly #lone = new Set<string>();
  #frames: FrameOpener | undefined;

  /** `loadCodecs` must have settled before the first `read`. */
  constructor(options: ChunkReaderOptions) {
    this.#index = options.index;
    this.#backend = options.backend;
    this.#keys = new KeyRing(options.secrets);
    this.#heads = new OpenPacks(options.index, options.backend, uidOf(options.secrets.uid), this.#keys);
    this.#cache = new FrameCache(options.cacheBytes ?? 16 * 2 ** 20);
  }

  /**
   * A chunk's plain bytes, its id recomputed: a view that stays unchanged and must not be changed. Where the index is wrong about
   * the chunk's place, or what is there is damaged, it is looked for in all packs.
   *
   * @param referrer - What names the chunk, for the message when it is missing.
   * @throws {BitacoraError} `OBJECT_MISSING` naming the id and `referrer`; `DATA_CORRUPT` naming the pack; and what the
   *   backend throws.
   */
  async read(kind: ChunkKind, id: Uint8Array, referrer?: string): Promise<Uint8Array> {
    const cached = this.readNow(kind, id);
    if (cached) return cached;
    const [known] = await this.#index.lookup(id);
    const [place] = await this.#checked(id, [known]);
    if (!place) throw missingChunk(id, referrer);
    try {
      return await this.#readAt(kind, id, place);
    } catch (error) {
      if (!isBitacoraError(error, 'DATA_CORRUPT') && !isBitacoraError(error, 'OBJECT_MISSING')) throw error;
      const other = await this.#elsewhere(id, place);
      if (!other) throw error;
      const bytes = await this.#readAt(kind, id, other);
      await this.#correct(id, [other]);
      return bytes;
    }
  }

  async #readAt(kind: ChunkKind, id: Uint8Array, place: ChunkLocation): Promise<Uint8Array> {
    const head = await this.#heads.get(place.pack);
    // Another reader may have had the frame loaded meanwhile.
    if (!this.#cache.find(id)) await this.#load(head, place.frame);
    const loaded = this.readNow(kind, id);
    if (loaded) return loaded;
    const message = `Pack "${head.label}" does not hold chunk ${toHex(id)} in frame ${place.frame}, as the index says.`;
    throw new BitacoraError('DATA_CORRUPT', message, { details: { pack: head.label, index: true } });
  }

  async #elsewhere(id: Uint8Array, damaged: ChunkLocation): Promise<ChunkLocation | undefined> {
    const key = `${damaged.pack}/${damaged.frame}`;
    if (this.#lone.has(key)) return undefined;
    const [other] = await searchPlaces(this.#index, this.#heads, id, ({ pack, frame }) => {
      return pack === damaged.pack && frame === damaged.frame;
    });
    if (!other) this.#lone.add(key);
    return other;
  }

  /** The same when the chunk's frame is at hand, else undefined. */
  readNow(kind: ChunkKind, id: Uint8Array): Uint8Array | undefined {
    const chunk = this.#cache.find(id);
    return chunk && this.#bytes(chunk, kind, id);
  }

  /** Places of many chunks (n × 32 bytes), for reads that follow the order of the packs. Missing ones are no error here. */
  async locate(ids: Uint8Array): Promise<LocatedChunks> {
    const count = ids.length / ID_BYTES;
    const located = {
      packs: [] as OpenPack[],
      pack: new Int32Array(count).fill(-1),
      frame: new Uint32Array(count),
      position: new Uint32Array(count),
      unusable: new Map<number, BitacoraError>(),
    };
    const numbers = new Map<number, number>();
    for (let from = 0; from < count; from += LOOKUP_BATCH) {
      const end = Math.min(count, from + LOOKUP_BATCH);
      const part = ids.subarray(from * ID_BYTES, end * ID_BYTES);
      const found = await this.#checked(part, await this.#index.lookup(part));
      for (let i = from; i < end; i++) {
        const location = found[i - from];
        if (!location) continue;
        let number = numbers.get(location.pack);
        if (number === undefined) {
          number = numbers.size;
          numbers.set(location.pack, number);
        }
        located.pack[i] = number;
        located.frame[i] = location.frame;
        located.position[i] = location.position;
      }
    }
    await this.#openHeads([...numbers.keys()], located);
    return located;
  }

  /** Of chunks (n × 32 bytes) whose place is in quarantine, has those that another pack holds soundly taken from there. */
  async leaveQuarantine(ids: Uint8Array): Promise<void> {
    const places = await this.#index.lookup(ids);
    const doubtful = places.flatMap((place, i) => (place && this.#index.quarantine.has(place) ? [i] : []));
    if (doubtful.length === 0) return;
    const wanted = concatBytes(doubtful.map((i) => ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES)));
    const found = await searchPlaces(this.#index, this.#heads, wanted);
    const sound = found.map((place) => (place && this.#index.quarantine.has(place) ? undefined : place));
    await this.#index.setPlaces(wanted, sound);
  }

  close(): void {
    this.#cache.clear();
    this.#frames?.close();
    this.#keys.close();
  }

  /**
   * Places that the packs themselves have in their tables: the index may be wrong, or lack a chunk, and is then set right from
   * the packs. A chunk that is really missing costs a look through all packs only once.
   */
  async #checked(ids: Uint8Array, places: (ChunkLocation | undefined)[]): Promise<(ChunkLocation | undefined)[]> {
    const wrong: number[] = [];
    const absent: number[] = [];
    const footers = new Map<number, Footer | undefined>();
    for (const [i, place] of places.entries()) {
      if (!place) {
        absent.push(i);
        continue;
      }
      if (!footers.has(place.pack)) footers.set(place.pack, await footerOf(this.#heads, place.pack));
      const footer = footers.get(place.pack);
      // A pack whose head cannot be had is no reason to doubt the index.
      if (footer && !isAt(footer, place, ids, i)) wrong.push(i);
    }
    const sought = this.#absencesHold ? wrong : [...wrong, ...absent];
    if (sought.length === 0) return places;
    const soughtIds = concatBytes(sought.map((i) => ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES)));
    const found = await searchPlaces(this.#index, this.#heads, soughtIds);
    if (wrong.length === 0 && found.every((place) => place === undefined)) this.#absencesHold = true;
    else {
      await this.#index.distrust();
      await this.#correct(soughtIds, found);
    }
    const checked = [...places];
    for (const [n, i] of sought.entries()) checked[i] = found[n] ?? places[i];
    return checked;
  }

  /** An index that cannot be written to keeps nobody from reading. */
  async #correct(ids: Uint8Array, places: readonly (ChunkLocation | undefined)[]): Promise<void> {
    try {
      await this.#index.setPlaces(ids, places);
    } catch (error) {
      if (!(error instanceof BitacoraError)) throw error;
    }
  }

  async #openHeads(
    ordinals: readonly number[],
    into: { packs: OpenPack[]; unusable: Map<number, BitacoraError> },
  ): Promise<void> {
    for (const [number, ordinal] of ordinals.entries()) {
      try {
        into.packs[number] = await this.#heads.get(ordinal);
      } catch (error) {
        if (!(error instanceof BitacoraError)) throw error;
        into.unusable.set(number, error);
      }
    }
  }

  #bytes(chunk: CachedChunk, kind: ChunkKind, id: Uint8Array): Uint8Array {
    const { opened, pack, number } = chunk.frame;
    if (!chunk.verified || opened.kind !== kind) {
      const place = { pack, frame: number, position: chunk.position };
      checkChunk(opened, place, kind as IdKind, id, this.#keys.hasher(opened.generation));
      chunk.verified = true;
    }
    return opened.memory.subarray(opened.starts[chunk.position], opened.starts[chunk.position + 1]);
  }

  /** Loads a frame into the cache; concurrent readers of one frame wait for the same load. */
  #load(head: OpenPack, frame: number): Promise<void> {
    const key = `${head.label}/${frame}`;
    let loading = this.#loading.get(key);
    if (!loading) {
      loading = this.#loadFrame(head, frame).finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  async #loadFrame(head: OpenPack, frame: number): Promise<void> {
    const { footer, label, object, opener } = head;
    if (frame >= footer.frameCount) {
      const message = `Pack "${label}" has ${footer.frameCount} frames, and the index says frame ${frame}.`;
      throw new BitacoraError('DATA_CORRUPT', message, { details: { pack: label, index: true } });
    }
    const sealed = await this.#backend.getRange(object, footer.offsets[frame]!, footer.sealedLengths[frame]!);
    this.#frames ??= new FrameOpener();
    const opened = this.#frames.open(opener, label, frame, sealed, true);
    const ids = footer.ids.subarray(footer.firstChunks[frame]! * ID_BYTES, footer.firstChunks[frame + 1]! * ID_BYTES);
    if (opened.count * ID_BYTES !== ids.length) {
      const message = `Frame ${frame} of pack "${label}" holds ${opened.count} chunks, and the footer says ${ids.length / ID_BYTES}.`;
      throw new BitacoraError('DATA_CORRUPT', message, { details: { pack: label, frame } });
    }
    this.#cache.add(label, frame, opened, ids);
  }
}

const LOOKUP_BATCH = 4096;

function missingChunk(id: Uint8Array, referrer: string | undefined): BitacoraError {
  const who = referrer === undefined ? '' : `, which ${referrer} needs`;
  return new BitacoraError('OBJECT_MISSING', `Chunk ${toHex(id)}${who} is in no pack that is known.`, {
    details: { chunk: toHex(id), ...(referrer === undefined ? {} : { referrer }) },
  });
}
