import { throwIfAborted } from '../base/index.js';
import {
  type Engine,
  type FinishedPack,
  handOver,
  type OpenSession,
  type WriteSecrets,
  type WriteSettings,
} from '../engine/index.js';
import { CHUNK_KINDS, type ChunkKind, decodeFooter, packName, uidOf } from '../format/index.js';
import type { Backend } from '../storage/index.js';
import type { UserIndex } from './chunk-index-user.js';
import { packNodes, type QueuedNode } from './node-queue.js';
import { SessionRouter } from './session-router.js';

/** A worker is given so much at a time: it seals that in some milliseconds, and others have their turn. */
const BATCH_BYTES = 2 ** 20;
/** Less than this shares one pack, whatever its kinds. */
const SMALL_BYTES = 4 * 2 ** 20;

export interface StoreAgainOptions {
  readonly engine: Engine;
  readonly backend: Backend;
  readonly index: UserIndex;
  readonly secrets: WriteSecrets;
  readonly settings: WriteSettings;
  readonly signal?: AbortSignal | undefined;
}

export interface ChunkToStore extends QueuedNode {
  readonly kind: ChunkKind;
}

export interface StoredAgain {
  readonly packs: readonly Uint8Array[];
  readonly bytes: number;
}

/**
 * Stores chunks in new packs, in the order given, although the index has them already: their new places hold from then on. When this
 * resolves all packs are durable and indexed, and no entry of the log names them yet; when it throws, some may be.
 *
 * @param bytes - About how many there are, to choose the packs by.
 * @throws {BitacoraError} `CANCELLED`; what the backend and `chunks` throw.
 */
export async function storeAgain(
  options: StoreAgainOptions,
  bytes: number,
  chunks: AsyncIterable<ChunkToStore>,
): Promise<StoredAgain> {
  const { engine, backend, index, secrets, settings, signal } = options;
  const packs: Uint8Array[] = [];
  let stored = 0;
  const take = async (pack: FinishedPack): Promise<void> => {
    throwIfAborted(signal);
    const source =
      'file' in pack.source
        ? { file: pack.source.file, length: pack.length, sha256: pack.name }
        : { bytes: pack.source.bytes };
    await backend.put(packName(uidOf(secrets.uid), pack.name), source, { signal });
    index.holders.rely(await index.addPack(pack.name, pack.sealedHead, decodeFooter(pack.footer)));
    packs.push(pack.name);
    stored += pack.length;
  };
  const known = (): Promise<never> =>
    Promise.reject(new TypeError('Nothing is asked of chunks that are stored again.'));
  const router = SessionRouter.of(engine);
  const { id: session, lanes } = router.add({ known, pack: take });
  const lane = lanes[0]!;
  const { secrets: handed, transfer } = handOver(secrets);
  const opening: OpenSession = { session, secrets: handed, settings };
  try {
    await lane.call('write.open', opening, transfer);
    for await (const { kind, nodes } of batches(chunks)) {
      throwIfAborted(signal);
      const packed = packNodes(nodes);
      const into = kind === CHUNK_KINDS.data || bytes < SMALL_BYTES ? 'data' : 'meta';
      await lane.call('write.seal', { session, kind, into, ...packed }, [packed.bytes.buffer]);
    }
    await lane.call('write.finish', { session });
  } catch (error) {
    await lane.call('write.abort', { session }).catch(() => undefined);
    throw error;
  } finally {
    router.remove(session);
  }
  return { packs, bytes: stored };
}

/** Chunks of one kind, so that a frame holds one kind only. */
async function* batches(
  chunks: AsyncIterable<ChunkToStore>,
): AsyncGenerator<{ readonly kind: ChunkKind; readonly nodes: readonly QueuedNode[] }> {
  const waiting = new Map<ChunkKind, { nodes: QueuedNode[]; bytes: number }>();
  for await (const { kind, id, bytes } of chunks) {
    const batch = waiting.get(kind) ?? { nodes: [], bytes: 0 };
    waiting.set(kind, batch);
    batch.nodes.push({ id, bytes });
    batch.bytes += bytes.length;
    if (batch.bytes < BATCH_BYTES) continue;
    waiting.delete(kind);
    yield { kind, nodes: batch.nodes };
  }
  for (const [kind, { nodes }] of waiting) yield { kind, nodes };
}
