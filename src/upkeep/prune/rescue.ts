import { fromHex, isBitacoraError, toHex } from '../../base/index.js';
import { HEADER_BYTES, type IdKind } from '../../crypto/index.js';
import { checkChunk, FrameOpener, KeyRing } from '../../engine/index.js';
import { type ChunkKind, ID_BYTES, type PackName, packName, trashName, uidOf } from '../../format/index.js';
import { type ChunkToStore, readHead, storeAgain } from '../../store/index.js';
import type { UserPrune } from './context.js';
import { idOf } from './live-chunks.js';
import type { ListedPacks } from './packs.js';
import { storeOptions } from './repack.js';

/**
 * Looks for chunks in packs that a tombstone names, and stores again what it finds, named by an entry of its own. Nothing that is needed
 * should ever be there alone: this is for what was not foreseen, and it is told as an error.
 *
 * @param ids - n × 32 bytes.
 */
export async function rescue(prune: UserPrune, { trash, strays }: ListedPacks, ids: Uint8Array): Promise<void> {
  const { repository, logger } = prune;
  const { index, uid, log } = repository;
  const wanted = new Set<string>();
  for (let i = 0; i < ids.length / ID_BYTES; i++) wanted.add(toHex(idOf({ ids }, i)));
  const buried = index.buried.ordinals().map((ordinal) => index.packName(ordinal));
  const there = [...buried, ...strays.map(fromHex)].map((hash) => ({ hash, name: packName(uidOf(uid), hash) }));
  const aside = [...trash.keys()].map(fromHex).map((hash) => ({ hash, name: trashName(uidOf(uid), hash) as string }));
  const found: ChunkToStore[] = [];
  for (const { hash, name } of [...there, ...aside]) {
    if (wanted.size === 0) break;
    for await (const chunk of chunksIn(prune, name as PackName, toHex(hash), wanted)) found.push(chunk);
  }
  if (found.length === 0) return;
  const bytes = found.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
  const { packs: added } = await storeAgain(storeOptions(prune), bytes, each(found));
  await log.append({ kind: 'tombstone', body: { packs: [], added, snapshots: [] } });
  logger.error('Chunks that snapshots need were in packs that had been removed; they were stored again.', {
    user: repository.name,
    chunks: found.length,
  });
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** The wanted chunks that a pack has soundly, which are then wanted no more. A pack that cannot be read has none. */
async function* chunksIn(
  { repository, signal }: UserPrune,
  name: PackName,
  label: string,
  wanted: Set<string>,
): AsyncGenerator<ChunkToStore> {
  const { backend, openSecrets } = repository;
  const ring = new KeyRing(openSecrets);
  const frames = new FrameOpener();
  try {
    const { sealedHead, footer } = await readHead(backend, name, (header) => ring.opener(header, label), undefined, {
      signal,
    });
    const opener = ring.opener(sealedHead.subarray(0, HEADER_BYTES), label);
    for (let frame = 0; frame < footer.frameCount; frame++) {
      const first = footer.firstChunks[frame]!;
      const ids = Array.from({ length: footer.firstChunks[frame + 1]! - first }, (_, i) => idOf(footer, first + i));
      if (!ids.some((id) => wanted.has(toHex(id)))) continue;
      const sealed = await backend.getRange(name, footer.offsets[frame]!, footer.sealedLengths[frame]!, { signal });
      const opened = frames.open(opener, label, frame, sealed, true);
      for (const [position, id] of ids.entries()) {
        if (!wanted.delete(toHex(id))) continue;
        const kind = footer.kinds[frame] as ChunkKind;
        checkChunk(opened, { pack: label, frame, position }, kind as IdKind, id, ring.hasher(opened.generation));
        const bytes = opened.memory.slice(opened.starts[position], opened.starts[position + 1]);
        yield { kind, id: new Uint8Array(id), bytes };
      }
    }
  } catch (error) {
    if (!isBitacoraError(error, 'DATA_CORRUPT') && !isBitacoraError(error, 'OBJECT_MISSING')) throw error;
  } finally {
    frames.close();
    ring.close();
  }
}
