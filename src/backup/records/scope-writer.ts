import { BitacoraError, utf8 } from '../../base/index.js';
import {
  COLLECTIONS_FILE,
  COLLECTIONS_MAX,
  type CollectionShape,
  collectionFiles,
  ENTRY_TYPES,
  type EntryContent,
  type EntryType,
  encodeCollections,
  encodeEntry,
  type ScopeRecord,
  type TreeEntry,
} from '../../format/index.js';
import { ContentWriter, DirectoryWriter, recordsPath } from '../../snapshot/index.js';
import { CollectionWriter, type WrittenCollection } from './collection-writer.js';
import { type RecordTarget, storeBytes } from './record-target.js';

const NO_OWNERS = { user: () => undefined, group: () => undefined };

/** Stores one scope's collections as the directory of docs/format.md §9. */
export class ScopeWriter {
  readonly scope: string;
  readonly #target: RecordTarget;
  readonly #collections = new Map<string, CollectionWriter>();

  constructor(scope: string, target: RecordTarget) {
    this.scope = scope;
    this.#target = target;
  }

  get collections(): Iterable<CollectionWriter> {
    return this.#collections.values();
  }

  /** @throws {BitacoraError} `USAGE` for a collection too many, or one that is a list and a value. */
  collection(name: string, shape: CollectionShape): CollectionWriter {
    const known = this.#collections.get(name);
    if (known) {
      // A value comes once: a second one would leave the first without a place.
      if (known.shape === shape && (shape === 'list' || known.records === 0)) return known;
      const message = `The collection "${name}" comes twice: a value is sent once, and is no list.`;
      throw new BitacoraError('USAGE', message, { details: { collection: name } });
    }
    if (this.#collections.size === COLLECTIONS_MAX) {
      throw new BitacoraError('USAGE', `There are more than ${COLLECTIONS_MAX} collections in "${this.scope}".`);
    }
    const made = new CollectionWriter(name, shape, this.#target);
    this.#collections.set(name, made);
    return made;
  }

  /** Stores what is left and returns the scope with its root. */
  async finish(): Promise<ScopeRecord> {
    const written: WrittenCollection[] = [];
    for (const collection of this.#collections.values()) written.push(await collection.finish());
    return finishScope(this.scope, written, this.#target);
  }
}

/** Stores the directory of a scope whose collections are stored, in this order. */
export async function finishScope(
  scope: string,
  written: readonly WrittenCollection[],
  target: RecordTarget,
): Promise<ScopeRecord> {
  const directory = new DirectoryWriter(target.sink, NO_OWNERS);
  for (const [number, one] of written.entries()) {
    const { keys, records } = collectionFiles(number);
    addFile(directory, keys, one.keyBytes, one.keysContent);
    addFile(directory, records, one.bytes, one.recordsContent);
  }
  const table = encodeCollections(written);
  const tableContent = new ContentWriter(target.sink);
  await storeBytes(target, table, tableContent);
  addFile(directory, COLLECTIONS_FILE, table.length, tableContent.finish());
  const content = { form: 'directory', id: directory.finish() } as const;
  return {
    scope,
    path: utf8(recordsPath(scope)),
    entry: encodeEntry(plainEntry('', ENTRY_TYPES.records, 0, content)),
    files: written.reduce((sum, { records }) => sum + records, 0),
    bytes: written.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function addFile(directory: DirectoryWriter, name: string, size: number, content: EntryContent): void {
  if (size === 0) return;
  const bytes = encodeEntry(plainEntry(name, ENTRY_TYPES.file, size, content));
  // The entry's length takes one or two bytes, the name's one.
  const nameStart = (bytes[0]! < 128 ? 1 : 2) + 1;
  directory.add(bytes, 0, bytes.length, nameStart, nameStart + name.length);
}

/** Equal contents have equal entries: neither owner nor time is in them. */
function plainEntry(name: string, type: EntryType, size: number, content: EntryContent): TreeEntry {
  const nothing = { uid: 0, gid: 0, mtimeSec: 0, mtimeNsec: 0, ctimeSec: 0, ctimeNsec: 0, inode: 0n, device: 0n };
  return { ...nothing, name: utf8(name), type, flags: 0, mode: 0o600, size, xattrs: [], content };
}
