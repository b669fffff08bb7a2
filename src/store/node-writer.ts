import { CHUNK_KINDS, type ChunkKind } from '../format/index.js';
import { idsOf, NodeQueue, type PackedNodes, packNodes } from './node-queue.js';

const KINDS = [CHUNK_KINDS.data, CHUNK_KINDS.node, CHUNK_KINDS.list] as const;
/** So much is looked up, or sealed, at a time: enough for frames of full size, and soon done. */
const BATCH_BYTES = 2 ** 20;

/** Data goes where data goes; nodes and lists have packs of their own, save in a small snapshot. */
function placeOf(kind: ChunkKind, shared: boolean): 'data' | 'meta' {
  return kind === CHUNK_KINDS.data || shared ? 'data' : 'meta';
}

export interface NodeWriterParts {
  /** Says for each id whether it is stored already, in order. */
  areStored(ids: Uint8Array): Promise<readonly boolean[]>;
  /** Has nodes sealed; buffers are handed over. Throws what made the session fail. */
  seal(kind: ChunkKind, nodes: PackedNodes, into: 'data' | 'meta'): Promise<void>;
}

/**
 * Gathers directory nodes, chunk lists and chunks of data that are ready, drops those that are stored already, and has the others sealed together. Keeps at
 * most a batch of each kind that is not looked up, one that is, and one that is being sealed.
 */
export class NodeWriter {
  readonly #parts: NodeWriterParts;
  readonly #queued = new NodeQueue();
  readonly #fresh = new NodeQueue();
  #sealing: Promise<void> = Promise.resolve();
  #sealed = false;

  constructor(parts: NodeWriterParts) {
    this.#parts = parts;
  }

  /** `bytes` are kept until stored and must not change. */
  add(kind: ChunkKind, id: Uint8Array, bytes: Uint8Array): void {
    this.#queued.add(kind, { id, bytes });
  }

  /** Stores what is many enough. */
  async drain(): Promise<void> {
    for (const kind of KINDS) {
      if (this.#queued.bytesOf(kind) >= BATCH_BYTES) await this.#lookUp(kind);
      if (this.#fresh.bytesOf(kind) >= BATCH_BYTES) await this.#seal(kind, placeOf(kind, false));
    }
  }

  /** Stores all that is left; with `shared` beside the data, unless some nodes have a pack of their own by now. */
  async finish(shared: boolean): Promise<void> {
    await this.#lookUp(...KINDS);
    for (const kind of KINDS) await this.#seal(kind, placeOf(kind, shared && !this.#sealed));
    await this.#sealing;
  }

  async #lookUp(...kinds: readonly ChunkKind[]): Promise<void> {
    const queued = kinds.flatMap((kind) => this.#queued.take(kind).map((node) => ({ kind, node })));
    if (queued.length === 0) return;
    const stored = await this.#parts.areStored(idsOf(queued.map(({ node }) => node)));
    queued.forEach(({ kind, node }, i) => {
      if (!stored[i]) this.#fresh.add(kind, node);
    });
  }

  async #seal(kind: ChunkKind, into: 'data' | 'meta'): Promise<void> {
    await this.#sealing;
    const nodes = this.#fresh.take(kind);
    if (nodes.length === 0) return;
    this.#sealed ||= into === 'meta';
    this.#sealing = this.#parts.seal(kind, packNodes(nodes), into);
    // Whoever comes next throws it; until then it is no unhandled rejection.
    this.#sealing.catch(() => undefined);
  }
}
