import { concatBytes, Slices, throwIfAborted } from '../base/index.js';
import { CHUNK_KINDS, decodeWholeEntry, type ScopeRecord } from '../format/index.js';
import type { UserRepository } from '../vault/index.js';
import { LiveChunks } from './prune/live-chunks.js';
import { type Reference, referencesOfEntry, referencesOfNode } from './prune/references.js';

/** Nodes and chunks of data that are looked up together. */
const NODES_AT_ONCE = 64;
const CHUNKS_AT_ONCE = 4096;

/**
 * About how many bytes everything takes in packs that scopes need, what they share with others included: a frame's sealed bytes are
 * shared evenly among its chunks. Goes through all of the trees; `loadCodecs` must have settled. What is gone counts as nothing.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` or `OBJECT_MISSING` where a node cannot be read; `CANCELLED`.
 */
export async function storedSize(
  repository: UserRepository,
  scopes: readonly ScopeRecord[],
  signal?: AbortSignal | undefined,
): Promise<number> {
  const walk = new SizeWalk(repository, signal);
  for (const { entry, scope } of scopes)
    await walk.from(referencesOfEntry(decodeWholeEntry(entry, `scope "${scope}"`)));
  return Math.round(walk.bytes);
}

class SizeWalk {
  bytes = 0;
  readonly #repository: UserRepository;
  readonly #signal: AbortSignal | undefined;
  readonly #live: LiveChunks;
  readonly #slices = new Slices();
  #nodes: Reference[] = [];
  #data: Uint8Array[] = [];

  constructor(repository: UserRepository, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#signal = signal;
    this.#live = new LiveChunks(repository.index);
  }

  async from(roots: Iterable<Reference>): Promise<void> {
    this.#add(roots);
    while (this.#nodes.length > 0 || this.#data.length > 0) {
      throwIfAborted(this.#signal);
      if (this.#data.length >= CHUNKS_AT_ONCE || this.#nodes.length === 0) await this.#mark(this.#data.splice(0));
      else await this.#expand(this.#nodes.splice(-NODES_AT_ONCE));
      if (this.#slices.over) await this.#slices.next();
    }
  }

  async #expand(nodes: readonly Reference[]): Promise<void> {
    const fresh = await this.#mark(nodes.map(({ id }) => id));
    for (const [i, { kind, id }] of nodes.entries()) {
      if (fresh[i]) this.#add(referencesOfNode(kind, await this.#repository.chunks.read(kind, id)));
      if (this.#slices.over) await this.#slices.next();
    }
  }

  /** Copies ids: what they are views of may be gone by the time that they are looked up. */
  #add(references: Iterable<Reference>): void {
    for (const { kind, id } of references) {
      if (kind === CHUNK_KINDS.data) this.#data.push(new Uint8Array(id));
      else this.#nodes.push({ kind, id: new Uint8Array(id) });
    }
  }

  /** Says of each chunk whether it was not met before. */
  async #mark(ids: readonly Uint8Array[]): Promise<boolean[]> {
    const located = await this.#repository.chunks.locate(concatBytes(ids));
    return ids.map((_, i) => {
      const pack = located.packs[located.pack[i]!];
      const bytes = pack ? this.#live.mark(pack, located.frame[i]!, located.position[i]!) : 0;
      this.bytes += bytes;
      return bytes > 0;
    });
  }
}
