import {
  CHUNK_KINDS,
  type ChunkKind,
  decodeInner,
  decodeList,
  isLeaf,
  LeafCursor,
  type TreeEntry,
} from '../../format/index.js';
import { entryAt } from '../../snapshot/index.js';

/** A chunk that is named by another one, or by a manifest. */
export interface Reference {
  readonly kind: ChunkKind;
  /** 32 bytes, a view. */
  readonly id: Uint8Array;
}

/** What an entry's content needs, without what lies below that. */
export function* referencesOfEntry({ content }: TreeEntry): Generator<Reference> {
  switch (content.form) {
    case 'directory':
      yield { kind: CHUNK_KINDS.node, id: content.id };
      return;
    case 'list':
      yield { kind: CHUNK_KINDS.list, id: content.id };
      return;
    case 'chunk':
      yield { kind: CHUNK_KINDS.data, id: content.id };
      return;
    case 'items':
      for (const { id } of content.items) if (id) yield { kind: CHUNK_KINDS.data, id };
  }
}

/**
 * What a directory node or chunk list names. Refuses what it does not know, since that may name something.
 *
 * @throws {BitacoraError} `DATA_CORRUPT`; `FORMAT_NEWER`.
 */
export function* referencesOfNode(kind: ChunkKind, bytes: Uint8Array): Generator<Reference> {
  if (kind === CHUNK_KINDS.list) yield* referencesOfList(bytes);
  else if (kind !== CHUNK_KINDS.node) throw new TypeError('A chunk of data names nothing.');
  else if (isLeaf(bytes)) {
    const cursor = new LeafCursor(bytes);
    while (cursor.next()) yield* referencesOfEntry(entryAt(cursor));
  } else for (const { id } of decodeInner(bytes).children) yield { kind: CHUNK_KINDS.node, id };
}

function* referencesOfList(bytes: Uint8Array): Generator<Reference> {
  const node = decodeList(bytes);
  if (node.kind === 'inner') for (const { id } of node.children) yield { kind: CHUNK_KINDS.list, id };
  else for (const { id } of node.items) if (id) yield { kind: CHUNK_KINDS.data, id };
}
