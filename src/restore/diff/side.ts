import { printable } from '../../base/index.js';
import type { TreeEntry } from '../../format/index.js';
import { entryAt, type TreeReader } from '../../snapshot/index.js';
import { joinText, type PlacedScope } from '../layout.js';
import type { RestoreScope } from '../options.js';

/** A thing on one side of a comparison. A side may know more of its own nodes. */
export interface DiffNode {
  readonly entry: TreeEntry;
}

/** One of the two trees that are compared. */
export interface DiffSide<Node extends DiffNode> {
  /** What lies in a directory, in memcmp order of the names. `path` is for messages. */
  children(node: Node, path: Uint8Array): AsyncIterable<Node>;
  /** Whether it can be told what lies in a directory; asked before `children`. */
  listable?(node: Node, path: Uint8Array): boolean;
  /** What stands for all that lies in a directory: equal on both sides, and nothing need be read. */
  contentId(node: Node): Uint8Array | undefined;
}

export interface SnapshotNode extends DiffNode {
  /** Its path below the scope. */
  readonly below: string;
}

/** A scope of a snapshot, those that lie in it in their places. */
export class SnapshotSide implements DiffSide<SnapshotNode> {
  readonly #tree: TreeReader;
  readonly #nested: ReadonlyMap<string, RestoreScope>;

  constructor(tree: TreeReader, nested: PlacedScope['nested']) {
    this.#tree = tree;
    this.#nested = nested;
  }

  async *children({ entry, below }: SnapshotNode, path: Uint8Array): AsyncGenerator<SnapshotNode> {
    if (entry.content.form !== 'directory') return;
    const referrer = `directory "${printable(path)}"`;
    for await (const cursor of this.#tree.leaves(entry.content.id, { referrer })) {
      while (cursor.next()) {
        const child = entryAt(cursor);
        const place = joinText(below, child.name);
        const inner = this.#nested.get(place);
        yield { entry: inner ? { ...inner.entry, name: child.name } : child, below: place };
      }
    }
  }

  contentId({ entry, below }: SnapshotNode): Uint8Array | undefined {
    if (entry.content.form !== 'directory') return undefined;
    const start = below === '' ? '' : `${below}/`;
    for (const place of this.#nested.keys()) if (place.startsWith(start)) return undefined;
    return entry.content.id;
  }
}
