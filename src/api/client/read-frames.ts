import { concatBytes } from '../../base/index.js';
import { FRAME, FRAME_HEAD_BYTES } from '../protocol.js';
import { type Answered, errorOf } from './exchange.js';

const ERROR_BYTES_MAX = 1 << 20;

/** An answer in frames as the bytes that it carries, in whatever pieces they come. */
export async function* readFrames({ response, cut, broken }: Answered): AsyncGenerator<Uint8Array> {
  const input = new Pieces(response as AsyncIterable<Uint8Array>);
  try {
    for (;;) {
      const head = Buffer.from(await input.exactly(FRAME_HEAD_BYTES));
      const length = head.readUInt32BE(1);
      const kind = head[0];
      if (kind === FRAME.end) return;
      if (kind === FRAME.error && length <= ERROR_BYTES_MAX) {
        throw errorOf({ error: JSON.parse(Buffer.from(await input.exactly(length)).toString()) });
      }
      if (kind !== FRAME.data) throw new Error(`An unknown kind of frame: ${kind}.`);
      for (let left = length; left > 0; ) {
        const piece = await input.atMost(left);
        left -= piece.length;
        yield piece;
      }
    }
  } catch (error) {
    throw broken(error);
  } finally {
    cut();
  }
}

/** Bytes that come in pieces, asked for by length. */
class Pieces {
  readonly #parts: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array(0);

  constructor(parts: AsyncIterable<Uint8Array>) {
    this.#parts = parts[Symbol.asyncIterator]();
  }

  /** Between 1 and `length` bytes. */
  async atMost(length: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#parts.next();
      if (done) throw new Error('The last frame is missing.');
      this.#rest = value as Uint8Array<ArrayBuffer>;
    }
    const piece = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  async exactly(length: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (let left = length; left > 0; left -= pieces.at(-1)!.length) pieces.push(await this.atMost(left));
    return concatBytes(pieces);
  }
}
