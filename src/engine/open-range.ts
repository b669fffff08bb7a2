import { BitacoraError } from '../base/index.js';
import type { Opener } from '../crypto/index.js';
import { checkChunk, type FrameOpener, type OpenedFrame } from './open-frame.js';
import { OutputFiles } from './open-output.js';
import type { PackInput } from './open-pack.js';
import { DESTINATION_FIELDS, FRAME_FIELDS, type RangeCall, type RangeResult, WANT_FIELDS } from './open-protocol.js';
import { type KeyRing, packLabel } from './open-secrets.js';

const ID_BYTES = 32;

/** Chunk kind of file data, docs/format.md §2. */
const DATA = 1;

/**
 * Reads one range and writes what is wanted of it. A frame or chunk that fails its check costs the files that need it,
 * and nothing else. Throws only where nothing of the range can be used.
 */
export function restoreRange(call: RangeCall, keys: KeyRing, input: PackInput, frames: FrameOpener): RangeResult {
  const output = new OutputFiles(call, countWrites(call));
  try {
    output.finishEmpty();
    if (call.source) {
      const bytes = input.read(call, keys);
      new RangeReader(call, keys, input.opener(call, keys), bytes, frames, output).run();
    }
    const { failures, warnings, bytesWritten } = output;
    return { failures, warnings, bytesWritten };
  } finally {
    output.close();
  }
}

function countWrites(call: RangeCall): Uint32Array {
  const writes = new Uint32Array(call.files.count);
  const { destinations } = call;
  for (let at = 0; at < destinations.length; at += DESTINATION_FIELDS.count) writes[destinations[at]!]!++;
  return writes;
}

class RangeReader {
  readonly #call: RangeCall;
  readonly #keys: KeyRing;
  readonly #opener: Opener;
  readonly #bytes: Uint8Array;
  readonly #frames: FrameOpener;
  readonly #output: OutputFiles;
  #destination = 0;

  constructor(
    call: RangeCall,
    keys: KeyRing,
    opener: Opener,
    bytes: Uint8Array,
    frames: FrameOpener,
    output: OutputFiles,
  ) {
    this.#call = call;
    this.#keys = keys;
    this.#opener = opener;
    this.#bytes = bytes;
    this.#frames = frames;
    this.#output = output;
  }

  run(): void {
    const { wants } = this.#call;
    let index = -1;
    let opened: OpenedFrame | BitacoraError | undefined;
    for (let want = 0; want * WANT_FIELDS.count < wants.length; want++) {
      const frame = wants[want * WANT_FIELDS.count + WANT_FIELDS.frame]!;
      if (frame !== index) {
        this.#output.flush();
        opened = this.#frame(frame);
        index = frame;
      }
      this.#write(want, opened!);
    }
    this.#output.flush();
  }

  #frame(index: number): OpenedFrame | BitacoraError {
    const { frames, offset, pack } = this.#call;
    const at = index * FRAME_FIELDS.count;
    const number = frames[at + FRAME_FIELDS.number]!;
    const start = frames[at + FRAME_FIELDS.offset]! - offset;
    const end = start + frames[at + FRAME_FIELDS.length]!;
    if (end > this.#bytes.length) {
      const message = `Cannot read frame ${number} of ${packLabel(pack)}: the pack ends before it.`;
      return new BitacoraError('DATA_CORRUPT', message, { details: { object: packLabel(pack), pack, frame: number } });
    }
    try {
      return this.#frames.open(this.#opener, pack, number, this.#bytes.subarray(start, end));
    } catch (error) {
      if (error instanceof BitacoraError) return error;
      throw error;
    }
  }

  #write(want: number, opened: OpenedFrame | BitacoraError): void {
    const { wants, destinations } = this.#call;
    const count = wants[want * WANT_FIELDS.count + WANT_FIELDS.destinations]!;
    const first = this.#destination;
    this.#destination += count;
    const problem = opened instanceof BitacoraError ? opened : this.#check(want, opened);
    const position = wants[want * WANT_FIELDS.count + WANT_FIELDS.position]!;
    for (let i = first; i < first + count; i++) {
      const at = i * DESTINATION_FIELDS.count;
      const file = destinations[at + DESTINATION_FIELDS.file]!;
      if (problem || opened instanceof BitacoraError) {
        this.#output.fail(file, problem);
        continue;
      }
      const start = opened.starts[position]!;
      const end = opened.starts[position + 1]!;
      if (end - start !== destinations[at + DESTINATION_FIELDS.length]) {
        const message = `A chunk of ${packLabel(this.#call.pack)} has ${end - start} bytes, not what the tree says.`;
        this.#output.fail(file, new BitacoraError('DATA_CORRUPT', message));
        continue;
      }
      this.#output.write(file, destinations[at + DESTINATION_FIELDS.offset]!, opened.memory, start, end);
    }
  }

  #check(want: number, opened: OpenedFrame): BitacoraError | undefined {
    const { wants, frames, ids, pack } = this.#call;
    const frame = wants[want * WANT_FIELDS.count + WANT_FIELDS.frame]!;
    const place = {
      pack,
      frame: frames[frame * FRAME_FIELDS.count + FRAME_FIELDS.number]!,
      position: wants[want * WANT_FIELDS.count + WANT_FIELDS.position]!,
    };
    const id = ids.subarray(want * ID_BYTES, (want + 1) * ID_BYTES);
    try {
      checkChunk(opened, place, DATA, id, this.#keys.hasher(opened.generation));
      return undefined;
    } catch (error) {
      if (error instanceof BitacoraError) return error;
      throw error;
    }
  }
}
