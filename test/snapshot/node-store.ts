import { createHash } from 'node:crypto';
import { toHex } from '../../src/base/index.js';
import { type ChunkKind, encodeEntry, FIXED, type TreeEntry } from '../../src/format/index.js';
import { DirectoryWriter, type NodeSink, type NodeSource, type OwnerLookup } from '../../src/snapshot/index.js';

export const nobody: OwnerLookup = { user: () => undefined, group: () => undefined };

/** Keeps nodes by id, and counts what is added. An id is a hash of kind and bytes. */
export class NodeStore implements NodeSink, NodeSource {
  readonly nodes = new Map<string, Uint8Array>();
  added: string[] = [];

  identify(kind: ChunkKind, bytes: Uint8Array): Uint8Array {
    return new Uint8Array(createHash('sha256').update(Uint8Array.of(kind)).update(bytes).digest());
  }

  add(_kind: ChunkKind, id: Uint8Array, bytes: Uint8Array): void {
    this.nodes.set(toHex(id), bytes);
    this.added.push(toHex(id));
  }

  async read(_kind: ChunkKind, id: Uint8Array): Promise<Uint8Array> {
    return this.nodes.get(toHex(id))!;
  }

  readNow(_kind: ChunkKind, id: Uint8Array): Uint8Array | undefined {
    return this.nodes.get(toHex(id));
  }
}

/** Writes a directory of these entries, which are in order, and returns its root's id. */
export function writeDirectory(sink: NodeSink, entries: Iterable<TreeEntry>, owners: OwnerLookup = nobody): Uint8Array {
  const writer = new DirectoryWriter(sink, owners);
  for (const entry of entries) addEntry(writer, entry);
  return writer.finish();
}

export function addEntry(writer: DirectoryWriter, entry: TreeEntry): void {
  const bytes = encodeEntry(entry);
  const fixed = fixedOffset(bytes, entry.name.length);
  writer.add(bytes, 0, bytes.length, fixed - entry.name.length, fixed);
}

/** The fixed block follows two length prefixes and the name. */
function fixedOffset(bytes: Uint8Array, nameLength: number): number {
  let at = 0;
  for (let prefix = 0; prefix < 2; prefix++) {
    while (bytes[at]! >= 128) at++;
    at++;
  }
  const fixed = at + nameLength;
  if (fixed + FIXED.bytes > bytes.length) throw new TypeError('Not an entry.');
  return fixed;
}
