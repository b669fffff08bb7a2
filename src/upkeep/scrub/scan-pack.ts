import { createHash } from 'node:crypto';
import { equalBytes, throwIfAborted, toHex } from '../../base/index.js';
import { HEADER_BYTES } from '../../crypto/index.js';
import { FRAME_FIELDS, type LanePool, type ScanCall, type ScanResult } from '../../engine/index.js';
import { type Footer, ID_BYTES, packName, uidOf } from '../../format/index.js';
import { type PackHead, readPackHead } from '../../store/index.js';
import type { UserRepository } from '../../vault/index.js';

/** The longest range that is held in memory of a pack that workers cannot read themselves. */
const RANGE_BYTES = 8 * 2 ** 20;

export interface ListedPack {
  /** Its name, 32 bytes. */
  readonly hash: Uint8Array;
  readonly length: number;
}

export interface ScannedPack {
  readonly head: PackHead;
  readonly damaged: ScanResult['damaged'];
  /** Whether the pack as a whole still has the bytes of its name. */
  readonly named: boolean;
}

/**
 * Reads a pack as a restore would, with every frame opened and every id recomputed, and without writing.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` or `FORMAT_NEWER` where its head opens nothing; `OBJECT_MISSING`; the backend's errors.
 */
export async function scanPack(
  { backend, keys }: UserRepository,
  pool: LanePool,
  { hash, length }: ListedPack,
  signal: AbortSignal | undefined,
): Promise<ScannedPack> {
  const name = packName(uidOf(keys.uid), hash);
  const head = await readPackHead(backend, keys, hash, length, { signal });
  const { sealedHead, footer } = head;
  const header = sealedHead.slice(0, HEADER_BYTES);
  const pack = toHex(hash);
  const path = backend.localPath(name);
  if (path !== undefined) {
    const call = framesOf(footer, 0, footer.frameCount);
    const source = { path, length };
    const result = await pool.run<ScanResult>('open.scan', () => ({
      payload: { ...call, pack, header, source, offset: 0 },
    }));
    return { head, damaged: result.damaged, named: equalBytes(result.sha256!, hash) };
  }
  const whole = createHash('sha256');
  const damaged: { frame: number; message: string }[] = [];
  for (const range of ranges(footer, length)) {
    throwIfAborted(signal);
    const bytes = await backend.getRange(name, range.offset, range.length, { signal });
    whole.update(bytes);
    if (range.from === range.to) continue;
    const call = framesOf(footer, range.from, range.to);
    const source = { bytes };
    const result = await pool.run<ScanResult>('open.scan', () => ({
      payload: { ...call, pack, header, source, offset: range.offset },
    }));
    damaged.push(...result.damaged);
  }
  return { head, damaged, named: equalBytes(whole.digest(), hash) };
}

function framesOf(footer: Footer, from: number, to: number): Pick<ScanCall, 'frames' | 'kinds' | 'counts' | 'ids'> {
  const { firstChunks } = footer;
  const frames = new Float64Array((to - from) * FRAME_FIELDS.count);
  const counts = new Uint32Array(to - from);
  for (let frame = from; frame < to; frame++) {
    const at = (frame - from) * FRAME_FIELDS.count;
    frames[at + FRAME_FIELDS.number] = frame;
    frames[at + FRAME_FIELDS.offset] = footer.offsets[frame]!;
    frames[at + FRAME_FIELDS.length] = footer.sealedLengths[frame]!;
    counts[frame - from] = firstChunks[frame + 1]! - firstChunks[frame]!;
  }
  const ids = footer.ids.slice(firstChunks[from]! * ID_BYTES, firstChunks[to]! * ID_BYTES);
  return { frames, kinds: footer.kinds.slice(from, to), counts, ids };
}

interface Range {
  readonly offset: number;
  readonly length: number;
  /** Frames that lie in it whole: `[from, to)`. */
  readonly from: number;
  readonly to: number;
}

/** All bytes of a pack in order, in ranges that split no frame. */
function* ranges(footer: Footer, length: number): Generator<Range> {
  let offset = 0;
  let from = 0;
  for (let frame = 0; frame < footer.frameCount; frame++) {
    const end = footer.offsets[frame]! + footer.sealedLengths[frame]!;
    const next = frame + 1 < footer.frameCount ? end + footer.sealedLengths[frame + 1]! : Number.POSITIVE_INFINITY;
    if (next - offset <= RANGE_BYTES) continue;
    yield { offset, length: end - offset, from, to: frame + 1 };
    offset = end;
    from = frame + 1;
  }
  while (offset < length) {
    const part = Math.min(RANGE_BYTES, length - offset);
    yield { offset, length: part, from, to: from };
    offset += part;
  }
}
