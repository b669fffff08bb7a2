import type { ItemStream } from '../operation.js';
import type { StreamLine } from '../protocol.js';
import { type Answered, errorOf } from './exchange.js';
import { readLines } from './read-lines.js';

/** An answer in lines as the stream of items that it is made from. */
export async function readItems({ response, cut, broken }: Answered): Promise<ItemStream<object, unknown>> {
  const lines = readLines(response as AsyncIterable<Uint8Array>);
  let tail: object = {};
  const next = async (): Promise<StreamLine> => {
    try {
      const { value, done } = await lines.next();
      if (!done) return JSON.parse(value) as StreamLine;
    } catch (error) {
      throw broken(error);
    }
    throw broken(new Error('The last line is missing.'));
  };
  const first = await next();
  if ('error' in first) throw errorOf(first);
  if (!('head' in first)) throw broken(new Error('The first line is no head.'));
  async function* items(): AsyncGenerator<unknown> {
    try {
      for (;;) {
        const line = await next();
        if ('item' in line) yield line.item;
        else if ('end' in line) {
          tail = line.tail;
          return;
        } else throw 'error' in line ? errorOf(line) : broken(new Error('A second head.'));
      }
    } finally {
      cut();
    }
  }
  return { head: first.head, member: first.member, items: items(), tail: () => tail };
}
