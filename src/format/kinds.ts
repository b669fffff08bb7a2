/** What a chunk is, docs/format.md §2; each kind has its own id key and frames of its own. */
export const CHUNK_KINDS = { data: 1, node: 2, list: 3 } as const;
export type ChunkKind = (typeof CHUNK_KINDS)[keyof typeof CHUNK_KINDS];

export const ID_BYTES = 32;

export function isChunkKind(kind: number): kind is ChunkKind {
  return kind === CHUNK_KINDS.data || kind === CHUNK_KINDS.node || kind === CHUNK_KINDS.list;
}
