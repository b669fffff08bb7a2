import { CHUNK_KINDS } from '../../format/index.js';
import type { ContentWriter, NodeSink } from '../../snapshot/index.js';
import type { WriteSession } from '../../store/index.js';

/** Where a capture's chunks go. */
export interface RecordTarget {
  readonly sink: NodeSink;
  /** Undefined where nothing is stored. */
  readonly session: WriteSession | undefined;
  /** The chunker looks at nothing that is not longer. */
  readonly chunkBytesLeast: number;
}

/** Stores bytes and adds their chunks to a content. They may change once this has resolved. Throws what the session throws. */
export async function storeBytes(target: RecordTarget, bytes: Uint8Array, content: ContentWriter): Promise<void> {
  const { sink, session, chunkBytesLeast } = target;
  if (bytes.length === 0) return;
  if (session && bytes.length > chunkBytesLeast) {
    await session.feed(once(bytes), (ids, lengths) => content.addChunks(ids, lengths));
    return;
  }
  const chunk = bytes.slice();
  const id = sink.identify(CHUNK_KINDS.data, chunk);
  session?.addNode(CHUNK_KINDS.data, id, chunk);
  content.add(chunk.length, id);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
