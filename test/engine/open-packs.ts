import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { equalBytes, toHex } from '../../src/base/index.js';
import { createOpener, FOOTER_NUMBER, HEADER_BYTES, TRAILER_NUMBER } from '../../src/crypto/index.js';
import { type FinishedPack, FrameOpener } from '../../src/engine/index.js';
import { decodeFooter, decodeTrailer, TRAILER_SEALED_BYTES } from '../../src/format/index.js';
import { SECRETS } from './write-fixture.js';

export interface OpenFrame {
  readonly kind: number;
  readonly lengths: readonly number[];
  readonly plainBytes: number;
}

export interface OpenedPack {
  readonly bytes: Uint8Array;
  readonly frames: readonly OpenFrame[];
  /** Chunks by id. */
  readonly chunks: ReadonlyMap<string, Buffer>;
}

export function packBytes({ source }: FinishedPack): Uint8Array {
  return 'file' in source ? readFileSync(source.file) : source.bytes;
}

/** Opens all of a pack, and throws where anything in it is not what was announced. */
export function openPack(pack: FinishedPack): OpenedPack {
  const bytes = packBytes(pack);
  const must = (holds: boolean, what: string): void => {
    if (!holds) throw new TypeError(`A pack whose ${what}.`);
  };
  must(equalBytes(createHash('sha256').update(bytes).digest(), pack.name), 'name is not its hash');
  must(bytes.length === pack.length, 'length is another');
  const opener = createOpener(SECRETS.packKey, bytes.subarray(0, HEADER_BYTES), { ...SECRETS, type: 1 });
  const trailer = decodeTrailer(opener.open(TRAILER_NUMBER, bytes.subarray(-TRAILER_SEALED_BYTES)), bytes.length);
  const section = bytes.subarray(trailer.footerOffset, trailer.footerOffset + trailer.footerSealedLength);
  must(
    trailer.footerOffset + trailer.footerSealedLength + TRAILER_SEALED_BYTES === bytes.length,
    'footer is elsewhere',
  );
  const head = Buffer.concat([bytes.subarray(0, HEADER_BYTES), section]);
  must(equalBytes(head, pack.sealedHead), 'head is another');
  const plain = opener.open(FOOTER_NUMBER, section);
  must(equalBytes(plain, pack.footer), 'footer is another');
  const footer = decodeFooter(plain, 'footer');
  must(footer.frameCount === trailer.frameCount, 'trailer counts otherwise');
  const frames: OpenFrame[] = [];
  const chunks = new Map<string, Buffer>();
  const reader = new FrameOpener();
  for (let number = 0; number < footer.frameCount; number++) {
    const sealed = bytes.subarray(footer.offsets[number]!, footer.offsets[number]! + footer.sealedLengths[number]!);
    const opened = reader.open(opener, toHex(pack.name), number, sealed, true);
    const lengths: number[] = [];
    for (let i = 0; i < opened.count; i++) {
      const chunk = Buffer.from(opened.memory.subarray(opened.starts[i], opened.starts[i + 1]));
      const at = (footer.firstChunks[number]! + i) * 32;
      chunks.set(toHex(footer.ids.subarray(at, at + 32)), chunk);
      lengths.push(chunk.length);
    }
    frames.push({ kind: opened.kind, lengths, plainBytes: lengths.reduce((sum, length) => sum + length, 0) });
  }
  reader.close();
  opener.close();
  return { bytes, frames, chunks };
}
