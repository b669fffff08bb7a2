import { BitacoraError, type Random } from '../base/index.js';
import { CHUNK_KINDS, ID_BYTES } from '../format/index.js';
import { ChunkBatch } from './chunk-batch.js';
import { FrameWriter } from './frame-writer.js';
import type { HandlerContext } from './lane.js';
import { discardFinished, PackWriter } from './pack-writer.js';
import { PieceCutter } from './piece-cutter.js';
import { readBatch } from './read-files.js';
import { PartCutter } from './read-parts.js';
import { readStream } from './read-stream.js';
import { Slabs } from './slabs.js';
import type {
  FilesCall,
  FilesResult,
  KnownAnswer,
  KnownQuestion,
  OpenSession,
  PartCall,
  PiecesCall,
  SealCall,
  StreamCall,
  StreamResult,
} from './write-protocol.js';
import { wipeSecrets } from './write-secrets.js';

const SMALL_FRAME_BYTES = 512 * 1024;
export const LARGE_FRAME_BYTES = 2 ** 20;

/** One write session inside one worker: its slabs, its frame writer, its open packs. */
export class WorkerSession {
  readonly #open: OpenSession;
  readonly #slabs: Slabs;
  readonly #frames: FrameWriter;
  readonly #data: PackWriter;
  readonly #meta: PackWriter;
  readonly #delivering = new Set<Promise<void>>();
  readonly #cutters = new Map<number, PartCutter>();
  readonly #pieces = new Map<number, PieceCutter>();
  #failure: unknown;

  constructor(open: OpenSession, random: Random) {
    this.#open = open;
    this.#slabs = new Slabs(open.secrets);
    this.#frames = new FrameWriter(open.settings);
    this.#data = new PackWriter(open.secrets, open.settings, random);
    this.#meta = new PackWriter(open.secrets, open.settings, random);
  }

  async files(call: FilesCall, context: HandlerContext): Promise<FilesResult> {
    const slab = await this.#slabs.acquire();
    try {
      const { meta, chunks, files, failures, xattrs } = readBatch(call, slab, this.#slabs, this.#open.settings);
      if (chunks.count > 0) {
        const known = await this.#ask(chunks, files, call.call, context);
        this.#store(slab.bytes, chunks, known, SMALL_FRAME_BYTES, context);
      }
      return { meta, ids: chunks.ids.slice(), lengths: chunks.lengths.slice(), failures, xattrs };
    } finally {
      this.#slabs.release(slab);
    }
  }

  /** Reads a stream to its end; items are told by the questions. */
  async stream(call: StreamCall, context: HandlerContext): Promise<StreamResult> {
    const slab = await this.#slabs.acquire();
    try {
      return await readStream(call, slab, this.#slabs, this.#open.settings, async (chunks) => {
        const known = await this.#ask(chunks, undefined, call.stream, context);
        this.#store(slab.bytes, chunks, known, LARGE_FRAME_BYTES, context);
      });
    } finally {
      this.#slabs.release(slab);
    }
  }

  /** Takes the next part of a stream that the caller brings; items are told by the questions. Returns how many bytes became chunks. */
  async part(call: PartCall, context: HandlerContext): Promise<number> {
    const { smallClass } = this.#open.settings;
    const cutter = this.#cutters.get(call.stream) ?? new PartCutter(smallClass);
    this.#cutters.set(call.stream, cutter);
    const cut = await cutter.add(call.bytes, call.final, this.#slabs, (slab) => async (chunks) => {
      const known = await this.#ask(chunks, undefined, call.stream, context);
      this.#store(slab.bytes, chunks, known, LARGE_FRAME_BYTES, context);
    });
    if (call.final) this.#cutters.delete(call.stream);
    return cut;
  }

  /** Takes the next part of pieces that the caller brings; items are told by the questions. */
  async pieces(call: PiecesCall, context: HandlerContext): Promise<void> {
    const cutter = this.#pieces.get(call.stream) ?? new PieceCutter(this.#open.settings.smallClass, this.#slabs);
    this.#pieces.set(call.stream, cutter);
    await cutter.add(call, async (plain, chunks, owners) => {
      const known = await this.#ask(chunks, owners, call.stream, context);
      this.#store(plain, chunks, known, LARGE_FRAME_BYTES, context);
    });
  }

  /** Seals chunks that were made elsewhere: directory nodes and chunk lists. */
  seal(call: SealCall, context: HandlerContext): void {
    const pack = call.into === 'data' ? this.#data : this.#meta;
    const aim = call.bytes.length / Math.ceil(call.bytes.length / SMALL_FRAME_BYTES);
    let chunk = 0;
    let start = 0;
    while (chunk < call.lengths.length) {
      let end = start;
      let next = chunk;
      while (next < call.lengths.length && end - start < aim) end += call.lengths[next++]!;
      const lengths = call.lengths.subarray(chunk, next);
      const ids = call.ids.subarray(chunk * ID_BYTES, next * ID_BYTES);
      this.#frame(call.kind, call.bytes.subarray(start, end), lengths, ids, pack, context);
      chunk = next;
      start = end;
    }
  }

  /** Closes the open packs and waits until all packs of this worker are durable. */
  async finish(context: HandlerContext): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    for (const pack of [this.#data, this.#meta]) if (!pack.empty) this.#deliver(pack, context);
    await Promise.all(this.#delivering);
    if (this.#failure !== undefined) throw this.#failure;
    this.#wipe();
  }

  /** Throws away what was begun, once nothing of it is on its way any more. */
  async discard(): Promise<void> {
    this.#failure ??= new BitacoraError('CANCELLED', 'The write session was given up.');
    await Promise.all(this.#delivering);
    this.#data.discard();
    this.#meta.discard();
    this.#wipe();
  }

  /** Nothing of the user stays in this thread: neither keys nor plain bytes. */
  #wipe(): void {
    this.#frames.close();
    this.#slabs.wipe();
    for (const cutter of this.#cutters.values()) cutter.wipe();
    this.#cutters.clear();
    for (const cutter of this.#pieces.values()) cutter.wipe();
    this.#pieces.clear();
    wipeSecrets(this.#open.secrets);
  }

  async #ask(
    chunks: ChunkBatch,
    files: Uint32Array | undefined,
    call: number,
    context: HandlerContext,
  ): Promise<KnownAnswer> {
    const question: KnownQuestion = {
      session: this.#open.session,
      ids: chunks.ids.slice(),
      lengths: chunks.lengths.slice(),
      call,
      files,
    };
    return (await context.ask('write.known', question)) as KnownAnswer;
  }

  /** Moves the chunks that must be stored together inside `plain` and frames them. `plain` is changed. */
  #store(plain: Uint8Array, chunks: ChunkBatch, known: Uint8Array, target: number, context: HandlerContext): void {
    const { ids, lengths } = chunks;
    let left = 0;
    for (let i = 0; i < lengths.length; i++) if (known[i] === 0) left += lengths[i]!;
    if (left === 0) return;
    const aim = left / Math.ceil(left / target);
    const frame = new ChunkBatch();
    let start = 0;
    let end = 0;
    let offset = 0;
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i]!;
      if (known[i] === 0) {
        if (end !== offset) plain.copyWithin(end, offset, offset + length);
        frame.reserve(1).set(ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES), frame.count * ID_BYTES);
        frame.push(length);
        end += length;
        left -= length;
        // Frames of nearly equal size: a short one at the end of each batch would compress worse.
        if (end - start >= aim || left === 0) {
          this.#frame(CHUNK_KINDS.data, plain.subarray(start, end), frame.lengths, frame.ids, this.#data, context);
          frame.clear();
          start = end;
        }
      }
      offset += length;
    }
  }

  #frame(
    kind: SealCall['kind'],
    plain: Uint8Array,
    lengths: Uint32Array,
    ids: Uint8Array,
    pack: PackWriter,
    context: HandlerContext,
  ): void {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (!pack.fits(plain.length, lengths.length)) this.#deliver(pack, context);
      this.#frames.write(kind, plain, lengths, ids, pack);
    } catch (error) {
      // A pack that took half a frame is of no use: no other call may add to it or finish it.
      this.#failure ??= error;
      throw error;
    }
  }

  /** Hands a finished pack over; the worker goes on meanwhile, and `finish` waits. */
  #deliver(pack: PackWriter, context: HandlerContext): void {
    const finished = pack.finish(this.#open.session);
    const delivery = context.ask('write.pack', finished).then(
      () => void this.#delivering.delete(delivery),
      (error: unknown) => {
        this.#failure ??= error;
        discardFinished(finished);
        this.#delivering.delete(delivery);
      },
    );
    this.#delivering.add(delivery);
  }
}
