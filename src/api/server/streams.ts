import type { ServerResponse } from 'node:http';
import { type BitacoraError, jsonText, utf8 } from '../../base/index.js';
import { errorDocument } from '../job-document.js';
import type { ItemStream } from '../operation.js';
import { FRAME, FRAME_HEAD_BYTES, type StreamLine } from '../protocol.js';
import { write } from './write.js';

const BATCH_CHARS = 1 << 15;
/** A slow source must not hold back what it has given already. */
const BATCH_MS = 100;

type Items = ItemStream<object, unknown>;
type Known = (error: unknown) => BitacoraError;

/** Gathers text so that a million items are not a million writes, and lets it go at the latest a moment later. */
class Batch {
  readonly #response: ServerResponse;
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  async add(text: string): Promise<void> {
    this.#text += text;
    if (this.#text.length >= BATCH_CHARS) return this.flush();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#response.destroyed) this.#response.write(this.#take());
    }, BATCH_MS);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#text !== '') await write(this.#response, this.#take());
  }

  #take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

/** A line of JSON an item, as `StreamLine` has them: the last one tells whether these were all. */
export async function writeLines(
  response: ServerResponse,
  { head, member, items, tail }: Items,
  known: Known,
): Promise<void> {
  const batch = new Batch(response);
  const say = (line: StreamLine): Promise<void> => batch.add(`${jsonText(line)}\n`);
  try {
    await say({ head, member });
    await batch.flush();
    for await (const item of items) await say({ item });
    await say({ end: true, tail: tail?.() ?? {} });
  } catch (error) {
    await say({ error: errorDocument(known(error)) });
  }
  await batch.flush();
  response.end();
}

/**
 * One JSON document. Where the items end early it holds an `error`, and the connection is cut before the answer's end, so that
 * nobody takes a part for the whole.
 */
export async function writeDocument(
  response: ServerResponse,
  { head, member, items, tail }: Items,
  known: Known,
): Promise<void> {
  const batch = new Batch(response);
  const start = jsonText(head).slice(0, -1);
  let first = true;
  try {
    await batch.add(`${start}${start === '{' ? '' : ','}${jsonText(member)}:[`);
    for await (const item of items) {
      await batch.add(`${first ? '\n' : ',\n'}${jsonText(item)}`);
      first = false;
    }
    const rest = jsonText(tail?.() ?? {}).slice(1, -1);
    await batch.add(`]${rest === '' ? '' : `,${rest}`}}\n`);
    await batch.flush();
    response.end();
  } catch (error) {
    await batch.add(`],"error":${jsonText(errorDocument(known(error)))}}\n`);
    await batch.flush();
    cut(response);
  }
}

/** The bytes as they are; an error cuts the connection. */
export async function writeBytes(response: ServerResponse, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const part of bytes) await write(response, part);
    response.end();
  } catch (error) {
    cut(response);
    throw error;
  }
}

/** The bytes in frames, the last of which tells whether these were all. */
export async function writeFrames(
  response: ServerResponse,
  bytes: AsyncIterable<Uint8Array>,
  known: Known,
): Promise<void> {
  try {
    for await (const part of bytes) {
      if (part.length === 0) continue;
      await write(response, frameHead(FRAME.data, part.length));
      await write(response, part);
    }
    await write(response, frameHead(FRAME.end, 0));
  } catch (error) {
    const text = utf8(jsonText(errorDocument(known(error))));
    await write(response, frameHead(FRAME.error, text.length));
    await write(response, text);
  }
  response.end();
}

function frameHead(kind: number, length: number): Uint8Array {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt8(kind, 0);
  head.writeUInt32BE(length, 1);
  return head;
}

/** Lets what was written leave, and then goes without the mark that ends an answer. */
function cut(response: ServerResponse): void {
  response.socket?.destroySoon();
}
