import { type Random, systemRandom } from '../../src/base/index.js';
import {
  createIdHasher,
  createSealer,
  FOOTER_NUMBER,
  padme,
  sha256,
  TAG_BYTES,
  TRAILER_NUMBER,
} from '../../src/crypto/index.js';
import {
  CHUNK_KINDS,
  type ChunkKind,
  encodeTrailer,
  FooterBuilder,
  frameHeaderBytes,
  TRAILER_SEALED_BYTES,
  writeFrameHeader,
} from '../../src/format/index.js';
import type { UserSecrets } from '../../src/vault/index.js';

export interface MadePack {
  /** SHA-256 of `bytes`. */
  readonly name: Uint8Array;
  readonly bytes: Uint8Array;
  /** Ids of all chunks, 32 bytes each. */
  readonly ids: Uint8Array;
}

/**
 * A pack as docs/format.md §7 has it, of data chunks stored as they are: one inner array a frame.
 *
 * @param frames - The chunks' plain bytes.
 */
export function makePack(
  secrets: UserSecrets,
  frames: readonly (readonly Uint8Array[])[],
  random: Random = systemRandom,
): MadePack {
  const ofData = frames.map((chunks) => ({ kind: CHUNK_KINDS.data, chunks }));
  return makeMixedPack(secrets, ofData, random);
}

/** The same of chunks of any kind. */
export function makeMixedPack(
  secrets: UserSecrets,
  frames: readonly { readonly kind: ChunkKind; readonly chunks: readonly Uint8Array[] }[],
  random: Random = systemRandom,
): MadePack {
  const { vaultId, uid, generation, epoch } = secrets;
  const sealer = createSealer(secrets.packKey, { format: 0, type: 1, generation, epoch, vaultId, uid }, random);
  const hasher = createIdHasher(secrets.idKeys);
  const footer = new FooterBuilder();
  const parts: Uint8Array[] = [sealer.header];
  const allIds: Uint8Array[] = [];
  frames.forEach(({ kind, chunks }, number) => {
    const plain = framePlain(kind, chunks);
    const sealed = new Uint8Array(plain.length + TAG_BYTES);
    sealer.seal(number, plain, sealed, 0);
    const ids = new Uint8Array(chunks.length * 32);
    chunks.forEach((chunk, i) => void hasher.id(kind, chunk, ids, i * 32));
    footer.addFrame(kind, sealed.length, ids);
    parts.push(sealed);
    allIds.push(ids);
  });
  const footerPlain = footer.encode();
  const footerSealedLength = footerPlain.length + TAG_BYTES;
  const content = footer.end + footerSealedLength + TRAILER_SEALED_BYTES;
  const footerOffset = footer.end + Math.max(4096, padme(content)) - content;
  const trailer = encodeTrailer({ footerOffset, footerSealedLength, frameCount: footer.frameCount });
  const tail = new Uint8Array(footerSealedLength + TRAILER_SEALED_BYTES);
  sealer.seal(FOOTER_NUMBER, footerPlain, tail, 0);
  sealer.seal(TRAILER_NUMBER, trailer, tail, footerSealedLength);
  parts.push(random.bytes(footerOffset - footer.end), tail);
  sealer.close();
  hasher.close();
  const bytes = Buffer.concat(parts);
  return { name: sha256(bytes), bytes, ids: Buffer.concat(allIds) };
}

function framePlain(kind: ChunkKind, chunks: readonly Uint8Array[]): Uint8Array {
  const lengths = chunks.map((chunk) => chunk.length);
  const header = new Uint8Array(frameHeaderBytes(lengths));
  writeFrameHeader(kind, 0, lengths, header, 0);
  return Buffer.concat([header, ...chunks]);
}
