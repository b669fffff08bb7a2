import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errnoCode, type Random, toHex, writeError } from '../base/index.js';
import {
  createSealer,
  FOOTER_NUMBER,
  HEADER_BYTES,
  OBJECT_FORMAT,
  OBJECT_TYPES,
  padme,
  type Sealer,
  TAG_BYTES,
  TRAILER_NUMBER,
} from '../crypto/index.js';
import { type ChunkKind, encodeTrailer, FooterBuilder, TRAILER_SEALED_BYTES } from '../format/index.js';
import { Spare } from './spare.js';
import type { FinishedPack, WriteSecrets, WriteSettings } from './write-protocol.js';

/** Sealed bytes wait in a buffer of this size before they go to the spool; a larger frame makes it grow. */
const BUFFER_BYTES = 2 * 2 ** 20 + 256 * 1024;
const PACK_BYTES_LEAST = 4096;

/** Of packs that are finished: what they hold is sealed. */
const buffers = new Spare<Uint8Array>(4);

/** Receives sealed bytes: a file, or memory where there is no spool directory. */
interface Spool {
  write(bytes: Uint8Array): void;
  finish(last: Uint8Array): FinishedPack['source'];
  discard(): void;
}

/**
 * One open pack: frames in, sealed bytes out, docs/format.md §7. A pack is begun by its first frame and ends with `finish`.
 * Not shared between threads.
 */
export class PackWriter {
  readonly #secrets: WriteSecrets;
  readonly #settings: WriteSettings;
  readonly #random: Random;
  #buffer: Uint8Array | undefined;
  #used = 0;
  #flushed = 0;
  #frames = 0;
  #sealer: Sealer | undefined;
  #footer = new FooterBuilder();
  #hash: Hash | undefined;
  #spool: Spool | undefined;

  constructor(secrets: WriteSecrets, settings: WriteSettings, random: Random) {
    this.#secrets = secrets;
    this.#settings = settings;
    this.#random = random;
  }

  get empty(): boolean {
    return this.#frames === 0;
  }

  /** Whether a frame of `plainBytes` with `chunks` chunks still fits the target. An empty pack takes any frame. */
  fits(plainBytes: number, chunks: number): boolean {
    if (this.empty) return true;
    const footer = this.#footer.plainBytes + 32 * chunks + 16 + TAG_BYTES + TRAILER_SEALED_BYTES;
    return this.#flushed + this.#used + plainBytes + TAG_BYTES + footer <= this.#settings.packBytesTarget;
  }

  /** Seals one frame. `plain` (header and payload) and `ids` stay the caller's. */
  addFrame(kind: ChunkKind, plain: Uint8Array, ids: Uint8Array): void {
    if (this.empty) this.#begin();
    const needed = plain.length + TAG_BYTES;
    if (this.#used + needed > this.#buffer!.length) this.#flush();
    if (needed > this.#buffer!.length) this.#buffer = new Uint8Array(needed);
    const sealed = this.#sealer!.seal(this.#frames, plain, this.#buffer!, this.#used);
    this.#used += sealed;
    this.#frames++;
    this.#footer.addFrame(kind, sealed, ids);
  }

  /** Pads, closes and names the pack; the writer is then empty again. */
  finish(session: number): FinishedPack {
    const sealer = this.#sealer!;
    const footer = this.#footer.encode();
    const raw = this.#flushed + this.#used + footer.length + TAG_BYTES + TRAILER_SEALED_BYTES;
    const length = Math.max(PACK_BYTES_LEAST, padme(raw));
    this.#append(this.#random.bytes(length - raw));
    const footerOffset = this.#flushed + this.#used;
    const section = new Uint8Array(footer.length + TAG_BYTES);
    sealer.seal(FOOTER_NUMBER, footer, section, 0);
    this.#append(section);
    const trailer = new Uint8Array(TRAILER_SEALED_BYTES);
    sealer.seal(
      TRAILER_NUMBER,
      encodeTrailer({ footerOffset, footerSealedLength: section.length, frameCount: this.#frames }),
      trailer,
      0,
    );
    this.#append(trailer);
    const last = this.#buffer!.subarray(0, this.#used);
    this.#hash!.update(last);
    const name = new Uint8Array(this.#hash!.digest());
    const source = this.#spool!.finish(last);
    sealer.close();
    const sealedHead = new Uint8Array(HEADER_BYTES + section.length);
    sealedHead.set(sealer.header);
    sealedHead.set(section, HEADER_BYTES);
    this.#reset();
    this.#giveBack();
    return { session, name, length, source, sealedHead, footer };
  }

  /** Throws away what was begun. */
  discard(): void {
    this.#spool?.discard();
    this.#sealer?.close();
    this.#reset();
    this.#giveBack();
  }

  #begin(): void {
    this.#buffer ??= buffers.take() ?? new Uint8Array(BUFFER_BYTES);
    const { vaultId, uid, generation, epoch, packKey } = this.#secrets;
    const context = { format: OBJECT_FORMAT, type: OBJECT_TYPES.pack, generation, epoch, vaultId, uid };
    this.#sealer = createSealer(packKey, context, this.#random);
    this.#hash = createHash('sha256');
    this.#spool = openSpool(this.#settings.spoolDirectory, this.#random);
    this.#append(this.#sealer.header);
  }

  #append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === this.#buffer!.length) this.#flush();
      const part = bytes.subarray(at, at + this.#buffer!.length - this.#used);
      this.#buffer!.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
    }
  }

  #flush(): void {
    const filled = this.#buffer!.subarray(0, this.#used);
    this.#hash!.update(filled);
    this.#spool!.write(filled);
    this.#flushed += this.#used;
    this.#used = 0;
  }

  #giveBack(): void {
    if (this.#buffer?.length === BUFFER_BYTES) buffers.give(this.#buffer);
    this.#buffer = undefined;
  }

  #reset(): void {
    this.#used = 0;
    this.#flushed = 0;
    this.#frames = 0;
    this.#sealer = undefined;
    this.#hash = undefined;
    this.#spool = undefined;
    this.#footer = new FooterBuilder();
  }
}

/** Removes the spooled file of a pack that nobody took. */
export function discardFinished({ source }: FinishedPack): void {
  if (!('file' in source)) return;
  try {
    unlinkSync(source.file);
  } catch (error) {
    // Whoever put it has taken it after all; and what cannot be removed now goes when the vault is opened next.
    if (errnoCode(error) === undefined) throw error;
  }
}

function openSpool(directory: string | undefined, random: Random): Spool {
  return directory === undefined ? memorySpool() : fileSpool(join(directory, `spool-${toHex(random.bytes(12))}`));
}

function memorySpool(): Spool {
  const parts: Uint8Array[] = [];
  return {
    write: (bytes) => void parts.push(bytes.slice()),
    finish: (last) => ({ bytes: new Uint8Array(Buffer.concat([...parts, last])) }),
    discard: () => void parts.splice(0),
  };
}

/** A pack that never outgrew the buffer is handed over as bytes; no file is made for it. */
function fileSpool(path: string): Spool {
  let fd: number | undefined;
  let end = 0;
  const write = (bytes: Uint8Array): void => {
    try {
      fd ??= openSync(path, 'wx', 0o600);
      for (let at = 0; at < bytes.length; ) {
        // With a place, so that it is a `pwrite` and tests can tell it from the writes that wake threads.
        const count = writeSync(fd, bytes, at, bytes.length - at, end);
        at += count;
        end += count;
      }
    } catch (error) {
      throw writeError(error, 'a pack to the spool');
    }
  };
  return {
    write,
    finish(last) {
      if (fd === undefined) return { bytes: last.slice() };
      write(last);
      closeSync(fd);
      fd = undefined;
      return { file: path };
    },
    discard() {
      if (fd === undefined) return;
      closeSync(fd);
      unlinkSync(path);
      fd = undefined;
    },
  };
}
