import { type ChunkKind, ID_BYTES } from '../format/index.js';

/** Chunks of one kind, packed for a worker. */
export class NodeBatch {
  readonly ids: Uint8Array;
  readonly #chunks: readonly QueuedNode[];

  constructor(chunks: readonly QueuedNode[]) {
    this.#chunks = chunks;
    this.ids = new Uint8Array(chunks.length * ID_BYTES);
    chunks.forEach((chunk, i) => void this.ids.set(chunk.id, i * ID_BYTES));
  }

  /** The chunks for which `drop` is false, packed into fresh buffers. */
  without(drop: (index: number) => boolean): { ids: Uint8Array; lengths: Uint32Array; bytes: Uint8Array } {
    const kept = this.#chunks.filter((_, i) => !drop(i));
    const ids = new Uint8Array(kept.length * ID_BYTES);
    kept.forEach((chunk, i) => void ids.set(chunk.id, i * ID_BYTES));
    const bytes = Buffer.concat(kept.map((chunk) => chunk.bytes));
    return {
      ids,
      lengths: Uint32Array.from(kept, (chunk) => chunk.bytes.length),
      bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
    };
  }
}

interface QueuedNode {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Directory nodes and chunk lists that wait to be framed together. */
export class NodeQueue {
  bytes = 0;
  readonly #queues = new Map<ChunkKind, QueuedNode[]>();

  add(kind: ChunkKind, id: Uint8Array, bytes: Uint8Array): void {
    const queue = this.#queues.get(kind);
    if (queue) queue.push({ id, bytes });
    else this.#queues.set(kind, [{ id, bytes }]);
    this.bytes += bytes.length;
  }

  take(kind: ChunkKind): NodeBatch | undefined {
    const queue = this.#queues.get(kind);
    if (!queue || queue.length === 0) return undefined;
    this.#queues.delete(kind);
    for (const node of queue) this.bytes -= node.bytes.length;
    return new NodeBatch(queue);
  }
}
