import { CODEC_IDS, type Compressor, createCompressor } from '../codec/index.js';
import { type ChunkKind, frameHeaderBytes, ID_BYTES, writeFrameHeader } from '../format/index.js';
import type { PackWriter } from './pack-writer.js';
import type { WriteSettings } from './write-protocol.js';

/** Makes frames of chunks: compresses, puts the header in front and hands them to a pack. One a thread and session. */
export class FrameWriter {
  readonly #compressor: Compressor;
  #scratch = new Uint8Array(512 * 1024);

  constructor(settings: WriteSettings) {
    this.#compressor = createCompressor(settings.codec, settings.level);
  }

  /**
   * Writes the chunks that lie one after another in `plain` as one frame. Everything given stays the caller's.
   * `lengths` and `ids` have one member a chunk.
   */
  write(kind: ChunkKind, plain: Uint8Array, lengths: Uint32Array, ids: Uint8Array, pack: PackWriter): void {
    if (ids.length !== lengths.length * ID_BYTES) throw new TypeError('A frame needs one id a chunk.');
    const room = frameHeaderBytes(lengths);
    if (this.#scratch.length < room + plain.length) this.#scratch = new Uint8Array(room + plain.length + 256 * 1024);
    const payload = this.#scratch.subarray(room);
    let codec: number = CODEC_IDS[this.#compressor.codec];
    let packed = this.#compressor.compress(plain, payload);
    if (packed === 0) {
      codec = CODEC_IDS.none;
      payload.set(plain);
      packed = plain.length;
    }
    writeFrameHeader(kind, codec, lengths, this.#scratch, 0);
    pack.addFrame(kind, this.#scratch.subarray(0, room + packed), ids);
  }

  close(): void {
    this.#compressor.close();
    this.#scratch.fill(0);
  }
}
