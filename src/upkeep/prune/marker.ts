import { BitacoraError, concatBytes, fromHex, Slices, throwIfAborted, toHex } from '../../base/index.js';
import { CHUNK_KINDS, type ChunkKind, decodeWholeEntry, ID_BYTES, type Manifest } from '../../format/index.js';
import type { OpenPack } from '../../store/index.js';
import type { UserPrune } from './context.js';
import type { LiveChunks } from './live-chunks.js';
import { type Reference, referencesOfEntry, referencesOfNode } from './references.js';

/** Nodes and chunks of data that are looked up together. */
const NODES_AT_ONCE = 64;
const CHUNKS_AT_ONCE = 4096;

/** Brings chunks back that were put aside; resolves once those that could be found are in the index again. */
export type BringBack = (ids: Uint8Array) => Promise<void>;

/** Goes through the trees of snapshots and marks every chunk that they need, each node once. */
export class Marker {
  readonly #prune: UserPrune;
  readonly #live: LiveChunks;
  readonly #bringBack: BringBack;
  readonly #slices: Slices;
  /** Nodes still to be looked at; the last first, which keeps few of them waiting. */
  #nodes: Reference[] = [];
  #data: Uint8Array[] = [];
  #snapshots = 0;
  #bytes = 0;

  constructor(prune: UserPrune, live: LiveChunks, bringBack: BringBack) {
    this.#prune = prune;
    this.#live = live;
    this.#bringBack = bringBack;
    this.#slices = new Slices(prune.clock);
  }

  /**
   * Marks all that a snapshot needs. Resolves with about how many bytes of that were not marked before.
   *
   * @throws {BitacoraError} `OBJECT_MISSING` if a chunk is in no pack, `DATA_CORRUPT` or `FORMAT_NEWER` where it cannot be told what a
   *   node names: then nothing may go.
   */
  async snapshot(id: string, { scopes }: Manifest): Promise<number> {
    const { progress, signal } = this.#prune;
    const before = this.#bytes;
    this.#nodes = [];
    this.#data = [];
    for (const { entry, scope } of scopes) {
      const root = decodeWholeEntry(entry, `scope "${scope}" of snapshot ${id}`);
      for (const reference of referencesOfEntry(root)) this.#add(reference);
    }
    this.#snapshots++;
    while (this.#nodes.length > 0 || this.#data.length > 0) {
      throwIfAborted(signal);
      progress({ phase: 'prune-mark', files: this.#live.count, bytes: 0, current: `snapshot ${this.#snapshots}` });
      if (this.#data.length >= CHUNKS_AT_ONCE || this.#nodes.length === 0) await this.#flushData(id);
      else await this.#expandNodes(id);
      if (this.#slices.over) await this.#slices.next();
    }
    return this.#bytes - before;
  }

  /** Marks chunks (n × 32 bytes) whose places were found damaged, where else they lie. */
  async elsewhere(ids: Uint8Array): Promise<void> {
    for (let from = 0; from < ids.length; from += CHUNKS_AT_ONCE * ID_BYTES) {
      throwIfAborted(this.#prune.signal);
      const part = ids.subarray(from, from + CHUNKS_AT_ONCE * ID_BYTES);
      const each = Array.from({ length: part.length / ID_BYTES }, (_, i) =>
        part.subarray(i * ID_BYTES, (i + 1) * ID_BYTES),
      );
      await this.#mark(each, 'of which a pack was just found damaged');
    }
  }

  #add({ kind, id }: Reference): void {
    // What it is a view of may be gone by the time that it is looked up.
    const copy = new Uint8Array(id);
    if (kind === CHUNK_KINDS.data) this.#data.push(copy);
    else this.#nodes.push({ kind, id: copy });
  }

  async #flushData(snapshot: string): Promise<void> {
    const ids = this.#data;
    this.#data = [];
    await this.#mark(ids, snapshot);
  }

  async #expandNodes(snapshot: string): Promise<void> {
    const nodes = this.#nodes.splice(-NODES_AT_ONCE).reverse();
    const fresh = await this.#mark(
      nodes.map(({ id }) => id),
      snapshot,
    );
    const below: Reference[] = [];
    for (const [i, { kind, id }] of nodes.entries()) {
      if (!fresh[i]) continue;
      const bytes = await this.#prune.repository.chunks.read(kind as ChunkKind, id, `snapshot ${snapshot}`);
      for (const reference of referencesOfNode(kind, bytes)) {
        if (reference.kind === CHUNK_KINDS.data) this.#add(reference);
        else below.push({ kind: reference.kind, id: new Uint8Array(reference.id) });
      }
      if (this.#slices.over) await this.#slices.next();
    }
    // So that they come in the order of the tree.
    this.#nodes.push(...below.reverse());
  }

  /** Marks chunks; says of each whether that is new. */
  async #mark(ids: readonly Uint8Array[], snapshot: string): Promise<boolean[]> {
    const { chunks, index } = this.#prune.repository;
    const joined = concatBytes(ids);
    if (!index.quarantine.empty) await chunks.leaveQuarantine(joined);
    let located = await chunks.locate(joined);
    const absent = ids.filter((_, i) => {
      const pack = located.packs[located.pack[i]!];
      if (!pack) return located.pack[i]! < 0;
      // What was given up may have the one copy that is sound.
      return this.#isGoing(pack) || this.#isDamaged(pack, located.frame[i]!);
    });
    if (absent.length > 0) {
      await this.#bringBack(concatBytes(absent));
      located = await chunks.locate(joined);
    }
    return ids.map((id, i) => {
      const number = located.pack[i]!;
      if (number < 0) throw missing(id, snapshot);
      const pack = located.packs[number];
      // Where it lies is not known for sure.
      if (!pack) throw located.unusable.get(number) ?? missing(id, snapshot);
      if (this.#isGoing(pack)) throw missing(id, snapshot);
      const bytes = this.#live.mark(pack, located.frame[i]!, located.position[i]!);
      this.#bytes += bytes;
      return bytes > 0;
    });
  }

  /** Whether a tombstone names the pack, or worse. */
  #isGoing({ label }: OpenPack): boolean {
    const { index } = this.#prune.repository;
    const ordinal = index.packOrdinal(fromHex(label));
    return ordinal === undefined || !index.mayRely(ordinal);
  }

  #isDamaged({ label }: OpenPack, frame: number): boolean {
    const { index } = this.#prune.repository;
    if (index.quarantine.empty) return false;
    const pack = index.packOrdinal(fromHex(label));
    return pack !== undefined && index.quarantine.has({ pack, frame, position: 0 });
  }
}

function missing(id: Uint8Array, snapshot: string): BitacoraError {
  if (id.length !== ID_BYTES) throw new TypeError('A chunk id has 32 bytes.');
  const message = `Chunk ${toHex(id)}, which snapshot ${snapshot} needs, is in no pack. Nothing is removed: run \`bitacora scrub\`, then restore the pack from a copy of the vault or forget the snapshot.`;
  return new BitacoraError('OBJECT_MISSING', message, { details: { chunk: toHex(id), snapshot } });
}
