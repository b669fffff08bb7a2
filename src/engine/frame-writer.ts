import { CODEC_IDS, type Compressor, createCompressor } from '../codec/index.js';
import { type ChunkKind, frameHeaderBytes, ID_BYTES, writeFrameHeader } from '../format/index.js';
import type { PackWriter } from './pack-writer.js';
import { Spare } from './spare.js';
import type { WriteSettings } from './write-protocol.js';

/** A frame of a stream with its header, and what a codec may need beyond it. */
const SCRATCH_BYTES = 2 ** 20 + 256 * 1024;
/** Of writers that are closed, wiped. */
const scratches = new Spare<Uint8Array>(4);
/** The same for each codec and level: what a compressor keeps of its last frame is overwritten by its next one. */
const compressors = new Map<string, Spare<Compressor>>();

/** Makes frames of chunks: compresses, puts the header in front and hands them to a pack. One a thread and session. */
export class FrameWriter {
  #compressor: Compressor | undefined;
  readonly #spares: Spare<Compressor>;
  #scratch: Uint8Array | undefined;
  /** How much of it may have been written to. */
  #used = 0;

  constructor(settings: WriteSettings) {
    const { codec, level } = settings;
    const key = `${codec} ${level}`;
    this.#spares = compressors.get(key) ?? new Spare(2);
    compressors.set(key, this.#spares);
    this.#compressor = this.#spares.take() ?? createCompressor(codec, level);
  }

  /**
   * Writes the chunks that lie one after another in `plain` as one frame. Everything given stays the caller's.
   * `lengths` and `ids` have one member a chunk.
   */
  write(kind: ChunkKind, plain: Uint8Array, lengths: Uint32Array, ids: Uint8Array, pack: PackWriter): void {
    if (ids.length !== lengths.length * ID_BYTES) throw new TypeError('A frame needs one id a chunk.');
    const compressor = this.#compressor;
    if (!compressor) throw new TypeError('This frame writer is closed.');
    const room = frameHeaderBytes(lengths);
    const scratch = this.#room(room + plain.length);
    const payload = scratch.subarray(room, room + plain.length);
    let codec: number = CODEC_IDS[compressor.codec];
    let packed = compressor.compress(plain, payload);
    if (packed === 0) {
      codec = CODEC_IDS.none;
      payload.set(plain);
      packed = plain.length;
    }
    writeFrameHeader(kind, codec, lengths, scratch, 0);
    pack.addFrame(kind, scratch.subarray(0, room + packed), ids);
  }

  close(): void {
    if (this.#compressor) this.#spares.give(this.#compressor);
    this.#compressor = undefined;
    this.#giveBack();
  }

  #room(bytes: number): Uint8Array {
    if (this.#scratch && this.#scratch.length < bytes) this.#giveBack();
    this.#scratch ??= (bytes <= SCRATCH_BYTES && scratches.take()) || new Uint8Array(Math.max(bytes, SCRATCH_BYTES));
    this.#used = Math.max(this.#used, bytes);
    return this.#scratch;
  }

  #giveBack(): void {
    const scratch = this.#scratch;
    if (!scratch) return;
    scratch.fill(0, 0, this.#used);
    if (scratch.length === SCRATCH_BYTES) scratches.give(scratch);
    this.#scratch = undefined;
    this.#used = 0;
  }
}
