import { type ChunkKind, ID_BYTES } from '../format/index.js';

export interface QueuedNode {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Nodes of one kind in buffers of their own, as a worker takes them. */
export interface PackedNodes {
  readonly ids: Uint8Array;
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The ids of nodes, one behind the other. */
export function idsOf(nodes: readonly QueuedNode[]): Uint8Array {
  const ids = new Uint8Array(nodes.length * ID_BYTES);
  nodes.forEach((node, i) => void ids.set(node.id, i * ID_BYTES));
  return ids;
}

export function packNodes(nodes: readonly QueuedNode[]): PackedNodes {
  const lengths = Uint32Array.from(nodes, (node) => node.bytes.length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const node of nodes) {
    bytes.set(node.bytes, offset);
    offset += node.bytes.length;
  }
  return { ids: idsOf(nodes), lengths, bytes };
}

/** Directory nodes and chunk lists that wait, in the order in which they came. */
export class NodeQueue {
  readonly #queues = new Map<ChunkKind, { nodes: QueuedNode[]; bytes: number }>();

  add(kind: ChunkKind, node: QueuedNode): void {
    let queue = this.#queues.get(kind);
    if (!queue) {
      queue = { nodes: [], bytes: 0 };
      this.#queues.set(kind, queue);
    }
    queue.nodes.push(node);
    queue.bytes += node.bytes.length;
  }

  bytesOf(kind: ChunkKind): number {
    return this.#queues.get(kind)?.bytes ?? 0;
  }

  /** Takes all that wait of one kind. */
  take(kind: ChunkKind): readonly QueuedNode[] {
    const nodes = this.#queues.get(kind)?.nodes ?? [];
    this.#queues.delete(kind);
    return nodes;
  }
}
