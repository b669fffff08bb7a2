import type { ChunkKind } from '../format/index.js';

/** Where finished nodes go. */
export interface NodeSink {
  /** The id of a node's bytes; 32 fresh bytes. */
  identify(kind: ChunkKind, bytes: Uint8Array): Uint8Array;
  /** Stores a node. `bytes` belong to the sink afterwards. */
  add(kind: ChunkKind, id: Uint8Array, bytes: Uint8Array): void;
}
