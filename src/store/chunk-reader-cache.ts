import { asBuffer } from '../base/index.js';
import type { OpenedFrame } from '../engine/index.js';

/** Where a chunk lies in a frame that is held open. */
export interface CachedChunk {
  readonly frame: CachedFrame;
  readonly position: number;
  /** Whether its id was already recomputed. */
  verified: boolean;
}

export interface CachedFrame {
  readonly pack: string;
  readonly number: number;
  readonly opened: OpenedFrame;
  readonly keys: readonly string[];
}

/** A chunk's id as a map key. */
export function idKey(id: Uint8Array): string {
  return asBuffer(id).toString('latin1');
}

/**
 * Opened frames, least recently used first out. Every chunk of a frame is found by its id alone, so that the neighbours
 * of a tree node, which are mostly what is read next, cost no look-up.
 */
export class FrameCache {
  readonly #bytesMax: number;
  readonly #frames = new Set<CachedFrame>();
  readonly #chunks = new Map<string, CachedChunk>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  find(id: Uint8Array): CachedChunk | undefined {
    const chunk = this.#chunks.get(idKey(id));
    if (!chunk) return undefined;
    this.#frames.delete(chunk.frame);
    this.#frames.add(chunk.frame);
    return chunk;
  }

  /** @param ids - 32 bytes for each chunk of the frame, in order. */
  add(pack: string, number: number, opened: OpenedFrame, ids: Uint8Array): void {
    const keys: string[] = [];
    for (let at = 0; at < ids.length; at += 32) keys.push(idKey(ids.subarray(at, at + 32)));
    const frame: CachedFrame = { pack, number, opened, keys };
    this.#frames.add(frame);
    this.#bytes += opened.memory.length;
    for (const [position, key] of keys.entries()) this.#chunks.set(key, { frame, position, verified: false });
    while (this.#bytes > this.#bytesMax && this.#frames.size > 1) this.#evict(this.#frames.values().next().value!);
  }

  clear(): void {
    this.#frames.clear();
    this.#chunks.clear();
    this.#bytes = 0;
  }

  #evict(frame: CachedFrame): void {
    this.#frames.delete(frame);
    this.#bytes -= frame.opened.memory.length;
    for (const key of frame.keys) if (this.#chunks.get(key)?.frame === frame) this.#chunks.delete(key);
  }
}
