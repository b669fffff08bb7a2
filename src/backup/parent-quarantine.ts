import { concatBytes, isBitacoraError } from '../base/index.js';
import { decodeEntry, ENTRY_TYPES, ID_BYTES, LeafCursor, NodeReader, type TreeEntry } from '../format/index.js';
import type { UserRepository } from '../vault/index.js';

/**
 * Which files of a parent's tree name chunks that are known to be damaged, or that are nowhere: those are read again, so that what they
 * held is stored again. Costs nothing as long as nothing is in quarantine.
 */
export class ParentQuarantine {
  readonly #repository: UserRepository;
  /** Offsets of the entries of such files, by the leaf that they lie in. */
  readonly #leaves = new WeakMap<Uint8Array, ReadonlySet<number>>();

  constructor(repository: UserRepository) {
    this.#repository = repository;
  }

  /** Looks at all entries of a leaf, before the walk comes to them. */
  async look({ bytes }: LeafCursor): Promise<void> {
    if (this.#repository.index.quarantine.empty) return;
    const cursor = new LeafCursor(bytes);
    const files: { readonly start: number; readonly ids: Uint8Array | undefined }[] = [];
    while (cursor.next()) {
      const entry = decodeEntry(new NodeReader(bytes, 'a directory entry', cursor.start, cursor.end));
      if (entry.type === ENTRY_TYPES.file) files.push({ start: cursor.start, ids: await this.#idsOf(entry) });
    }
    const places = await this.#areSound(concatBytes(files.flatMap(({ ids }) => ids ?? [])));
    const damaged = new Set<number>();
    let chunk = 0;
    for (const { start, ids } of files) {
      const end = chunk + (ids?.length ?? 0) / ID_BYTES;
      if (!ids || !places.slice(chunk, end).every(Boolean)) damaged.add(start);
      chunk = end;
    }
    if (damaged.size > 0) this.#leaves.set(bytes, damaged);
  }

  /** Whether the entry that the cursor stands on is such a file. */
  has({ bytes, start }: LeafCursor): boolean {
    return this.#leaves.get(bytes)?.has(start) ?? false;
  }

  /** The same for an entry that lies in no leaf. */
  async holds(entry: TreeEntry): Promise<boolean> {
    if (this.#repository.index.quarantine.empty || entry.type !== ENTRY_TYPES.file) return false;
    const ids = await this.#idsOf(entry);
    return !ids || !(await this.#areSound(ids)).every(Boolean);
  }

  /** Ids of all chunks of a file; undefined where its list cannot be read. */
  async #idsOf(entry: TreeEntry): Promise<Uint8Array | undefined> {
    const { content } = entry;
    const ids: Uint8Array[] = content.form === 'list' ? [content.id] : [];
    try {
      for await (const { id } of this.#repository.trees.fileItems(entry)) if (id) ids.push(id);
    } catch (error) {
      if (isBitacoraError(error, 'DATA_CORRUPT') || isBitacoraError(error, 'OBJECT_MISSING')) return undefined;
      throw error;
    }
    return concatBytes(ids);
  }

  async #areSound(ids: Uint8Array): Promise<boolean[]> {
    const { index } = this.#repository;
    return (await index.lookup(ids)).map((place) => place !== undefined && !index.quarantine.has(place));
  }
}
