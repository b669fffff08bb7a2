import { fromHex, Slices, throwIfAborted } from '../../base/index.js';
import type { WriteSettings } from '../../engine/index.js';
import { openPackHead, type StoredAgain, storeAgain } from '../../store/index.js';
import type { UserPrune } from './context.js';
import { idOf, type LiveChunk, type LiveChunks } from './live-chunks.js';
import type { JudgedPack } from './plan.js';

const PACK_BYTES_TARGET = 32 * 2 ** 20;

interface Placed extends LiveChunk {
  readonly pack: string;
  readonly id: Uint8Array;
}

/**
 * Stores again what is needed of packs, in the order of the trees. From then on the index has it in its new place, and nothing of it is
 * counted in those packs any more.
 */
export async function repack(prune: UserPrune, live: LiveChunks, group: readonly JudgedPack[]): Promise<StoredAgain> {
  const { repository, signal, progress } = prune;
  const placed: Placed[] = [];
  for (const { pack } of group) placed.push(...(await placedIn(prune, live, pack)));
  placed.sort((a, b) => a.met - b.met);
  let bytes = 0;
  const slices = new Slices(prune.clock);
  async function* chunks() {
    for (const { kind, id } of placed) {
      throwIfAborted(signal);
      // What lies in a frame at hand comes without a wait: others must have their turn.
      if (slices.over) await slices.next();
      const plain = await repository.chunks.read(kind, id, 'a pack that is taken apart');
      bytes += plain.length;
      progress({ phase: 'prune-repack', files: 0, bytes });
      yield { kind, id, bytes: plain };
    }
  }
  const about = group.reduce((sum, { length, live }) => sum + length * live, 0);
  const stored = await storeAgain(storeOptions(prune), about, chunks());
  for (const { pack } of group) {
    live.clear(
      pack,
      placed.filter((chunk) => chunk.pack === pack).map(({ number }) => number),
    );
  }
  return stored;
}

async function placedIn({ repository }: UserPrune, live: LiveChunks, pack: string): Promise<Placed[]> {
  const { index, keys } = repository;
  const hash = fromHex(pack);
  const footer = openPackHead(keys, hash, await index.sealedHead(index.packOrdinal(hash)!));
  return [...live.chunksOf(pack)].map((chunk) => ({ ...chunk, pack, id: idOf(footer, chunk.number) }));
}

/** How anything is stored again. */
export function storeOptions({ repository, engine, codec = 'zstd', level, signal }: UserPrune) {
  const { backend, index, secrets, chunker } = repository;
  const settings: WriteSettings = {
    codec,
    level,
    spoolDirectory: backend.spoolDirectory(),
    packBytesTarget: PACK_BYTES_TARGET,
    smallClass: chunker.small,
    largeClass: chunker.large,
  };
  return { engine, backend, index, secrets, settings, signal };
}
