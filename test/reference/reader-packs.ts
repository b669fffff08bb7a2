import { Cursor, ensure, hex, hmac, sha256 } from './reader-bytes.js';
import { unpack } from './reader-codec.js';
import { type Envelope, openEnvelope } from './reader-envelope.js';
import { listObjects, readObject, type User } from './reader-vault.js';

/** Where a frame is, as the footer has it. */
interface Frame {
  readonly pack: string;
  readonly number: number;
  readonly offset: number;
  readonly length: number;
  readonly kind: number;
  readonly ids: readonly string[];
}

/** All chunks of a user, found through the packs' footers, section 7 of the format page. */
export class Chunks {
  /** What is wrong with packs, whether they are needed or not. */
  readonly warnings: string[] = [];
  readonly #user: User;
  readonly #frames = new Map<string, Frame[]>();
  #last: { readonly frame: Frame; readonly chunks: ReadonlyMap<string, Buffer> } | undefined;

  /** @param buried - Names of packs that do not count. */
  constructor(user: User, buried: ReadonlySet<string>) {
    this.#user = user;
    for (const pack of listObjects(user.vault, `${user.home}/packs`)) {
      if (buried.has(pack.slice(-64))) continue;
      const bytes = readObject(user.vault, pack);
      if (hex(sha256(bytes)) !== pack.slice(-64)) this.warnings.push(`${pack} does not have the bytes of its name`);
      try {
        const frames = readFooter(bytes, openPack(user, pack, bytes), pack);
        for (const frame of frames)
          for (const id of frame.ids) this.#frames.set(id, [...(this.#frames.get(id) ?? []), frame]);
      } catch (error) {
        this.warnings.push(String(error));
      }
    }
  }

  /** The plain bytes of a chunk, from whatever pack has it whole. */
  read(kind: 1 | 2 | 3, id: Uint8Array): Buffer {
    let problem: unknown = new Error(`The chunk ${hex(id)} is in no pack`);
    for (const frame of this.#frames.get(hex(id)) ?? []) {
      try {
        if (this.#last?.frame !== frame) this.#last = { frame, chunks: readFrame(this.#user, frame) };
        const chunk = this.#last.chunks.get(hex(id));
        ensure(chunk && frame.kind === kind, `The chunk ${hex(id)} in ${frame.pack} is of another kind`);
        return chunk;
      } catch (error) {
        problem = error;
      }
    }
    throw problem;
  }
}

function openPack(user: User, pack: string, bytes: Buffer): Envelope {
  return openEnvelope(bytes, 'pack', (g, e) => user.keys(g, e).packKey, user, pack);
}

/** The trailer leads to the footer, the footer to the frames. */
function readFooter(bytes: Buffer, envelope: Envelope, pack: string): Frame[] {
  const trailer = new Cursor(envelope.section(2 ** 32 - 1, bytes.subarray(-40)), `${pack}: the trailer`);
  const [start, length, count] = [Number(trailer.u64()), trailer.u32(), trailer.u32()];
  ensure(trailer.u64() === 0n, `${pack}: the trailer does not end in zeros`);
  ensure(start >= 80 && start + length + 40 === bytes.length, `${pack}: the trailer leads elsewhere`);
  const footer = new Cursor(envelope.section(2 ** 32 - 2, bytes.subarray(start, -40)), `${pack}: the footer`);
  let offset = 80;
  const frames = footer.many(() => {
    const frame = {
      pack,
      number: 0,
      offset,
      length: footer.varint(),
      kind: footer.u8(),
      ids: footer.many(() => hex(footer.take(32))),
    };
    offset += frame.length;
    return frame;
  });
  footer.end();
  ensure(frames.length === count && offset <= start, `${pack}: the footer has other frames than the pack`);
  return frames.map((frame, number) => ({ ...frame, number }));
}

function readFrame(user: User, { pack, number, offset, length, kind, ids }: Frame): Map<string, Buffer> {
  const bytes = readObject(user.vault, pack);
  const envelope = openPack(user, pack, bytes);
  const where = `${pack}: frame ${number}`;
  const cursor = new Cursor(envelope.section(number, bytes.subarray(offset, offset + length)), where);
  const [foundKind, codec, plainLength] = [cursor.u8(), cursor.u8(), cursor.varint()];
  const lengths = cursor.many(() => cursor.varint());
  const payload = cursor.rest();
  ensure(foundKind === kind && lengths.length === ids.length, `${where} is not what the footer says`);
  ensure(plainLength >= 1 && plainLength <= 2 ** 22 + 2 ** 16 && ids.length <= 2 ** 16, `${where} claims too much`);
  ensure(payload.length >= 1 && payload.length <= plainLength, `${where} has ${payload.length} bytes of payload`);
  const plain = new Cursor(unpack(codec, payload, plainLength), where);
  const idKey = user.keys(envelope.generation, envelope.epoch).idKeys[kind];
  ensure(idKey, `${where} is of the unknown kind ${kind}`);
  const chunks = lengths.map((each) => plain.take(each));
  plain.end();
  for (const [at, chunk] of chunks.entries()) {
    ensure(chunk.length > 0 && hex(hmac(idKey, chunk)) === ids[at], `${where}: chunk ${at} does not have its id`);
  }
  return new Map(chunks.map((chunk, at) => [ids[at] ?? '', chunk]));
}
