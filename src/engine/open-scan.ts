import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { BitacoraError } from '../base/index.js';
import type { Opener } from '../crypto/index.js';
import { checkChunk, type FrameOpener } from './open-frame.js';
import { readFailure } from './open-pack.js';
import { FRAME_FIELDS, type ScanCall, type ScanResult } from './open-protocol.js';
import { type KeyRing, packLabel } from './open-secrets.js';

const ID_BYTES = 32;
const PIECE_BYTES = 1024 * 1024;
const READ = constants.O_RDONLY | constants.O_NONBLOCK;
let memory = new Uint8Array(PIECE_BYTES);

/**
 * Opens frames of a pack and recomputes the ids of all their chunks. A frame that fails is a finding, and the others are looked
 * at all the same.
 *
 * @throws {BitacoraError} `OBJECT_MISSING` or `OBJECT_UNKNOWN` where the pack cannot be read; `DATA_CORRUPT` for a header that
 *   opens nothing.
 */
export function scanPack(call: ScanCall, keys: KeyRing, frames: FrameOpener): ScanResult {
  const opener = keys.opener(call.header, call.pack);
  try {
    return new PackScan(call, keys, opener, frames).run();
  } finally {
    opener.close();
  }
}

class PackScan {
  readonly #call: ScanCall;
  readonly #keys: KeyRing;
  readonly #opener: Opener;
  readonly #frames: FrameOpener;
  readonly #damaged: { frame: number; message: string }[] = [];
  #firstChunk = 0;

  constructor(call: ScanCall, keys: KeyRing, opener: Opener, frames: FrameOpener) {
    this.#call = call;
    this.#keys = keys;
    this.#opener = opener;
    this.#frames = frames;
  }

  run(): ScanResult {
    const { source, offset } = this.#call;
    const damaged = this.#damaged;
    if ('path' in source) return { damaged, sha256: this.#file(source.path, source.length) };
    for (const { number, start, length, index } of this.#listed()) {
      this.#check(index, number, source.bytes.subarray(start - offset, start - offset + length), length);
    }
    return { damaged, sha256: undefined };
  }

  /** Reads the whole pack once, in order, frame by frame and the rest in pieces. */
  #file(path: string, length: number): Uint8Array {
    let file: PackFile | undefined;
    try {
      file = new PackFile(path);
      for (const { number, start, length: sealed, index } of this.#listed()) {
        file.skipTo(start);
        this.#check(index, number, file.next(sealed), sealed);
      }
      file.skipTo(length);
      return file.hash();
    } catch (error) {
      throw error instanceof BitacoraError ? error : readFailure(error, this.#call.pack);
    } finally {
      file?.close();
    }
  }

  *#listed(): Generator<{ index: number; number: number; start: number; length: number }> {
    const { frames } = this.#call;
    for (let at = 0; at < frames.length; at += FRAME_FIELDS.count) {
      yield {
        index: at / FRAME_FIELDS.count,
        number: frames[at + FRAME_FIELDS.number]!,
        start: frames[at + FRAME_FIELDS.offset]!,
        length: frames[at + FRAME_FIELDS.length]!,
      };
    }
  }

  #check(index: number, frame: number, sealed: Uint8Array, length: number): void {
    const { kinds, counts, ids, pack } = this.#call;
    const kind = kinds[index]!;
    const count = counts[index]!;
    const first = this.#firstChunk;
    this.#firstChunk += count;
    try {
      if (sealed.length < length) throw damage(pack, frame, 'the pack ends before it');
      const opened = this.#frames.open(this.#opener, pack, frame, sealed);
      if (opened.count !== count) throw damage(pack, frame, `it holds ${opened.count} chunks, expected ${count}`);
      const hasher = this.#keys.hasher(opened.generation);
      for (let position = 0; position < count; position++) {
        const id = ids.subarray((first + position) * ID_BYTES, (first + position + 1) * ID_BYTES);
        checkChunk(opened, { pack, frame, position }, kind, id, hasher);
      }
    } catch (error) {
      if (!(error instanceof BitacoraError)) throw error;
      this.#damaged.push({ frame, message: error.message });
    }
  }
}

/** A pack read from front to back, each byte hashed once. */
class PackFile {
  readonly #fd: number;
  readonly #hash: Hash = createHash('sha256');
  #position = 0;

  constructor(path: string) {
    this.#fd = openSync(path, READ);
    if (!fstatSync(this.#fd).isFile()) {
      closeSync(this.#fd);
      throw new Error('it is not a regular file');
    }
  }

  /** The next bytes; fewer where the pack ends. They hold until the next call. */
  next(length: number): Uint8Array {
    if (memory.length < length) memory = new Uint8Array(Math.ceil(length / PIECE_BYTES) * PIECE_BYTES);
    let filled = 0;
    while (filled < length) {
      const count = readSync(this.#fd, memory, filled, length - filled, this.#position + filled);
      if (count === 0) break;
      filled += count;
    }
    const bytes = memory.subarray(0, filled);
    this.#hash.update(bytes);
    this.#position += filled;
    return bytes;
  }

  skipTo(position: number): void {
    while (this.#position < position) {
      if (this.next(Math.min(PIECE_BYTES, position - this.#position)).length === 0) return;
    }
  }

  hash(): Uint8Array {
    return this.#hash.digest();
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function damage(pack: string, frame: number, problem: string): BitacoraError {
  const details = { object: packLabel(pack), pack, frame };
  return new BitacoraError('DATA_CORRUPT', `Cannot use frame ${frame} of ${packLabel(pack)}: ${problem}.`, { details });
}
