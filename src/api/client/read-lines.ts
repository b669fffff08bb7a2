import { StringDecoder } from 'node:string_decoder';

/** The lines of a text that comes in pieces, without their ends. What follows the last end is no line. */
export async function* readLines(parts: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const part of parts) {
    const lines = (rest + decoder.write(Buffer.from(part.buffer, part.byteOffset, part.byteLength))).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}
