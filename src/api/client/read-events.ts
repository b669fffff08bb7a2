import { readLines } from './read-lines.js';

export interface ServerEvent {
  readonly id: string;
  readonly data: string;
}

/** Server-sent events as the daemon writes them: one line of data each; comments are passed over. */
export async function* readEvents(parts: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  let id = '';
  let data: string | undefined;
  for await (const line of readLines(parts)) {
    if (line.startsWith('id: ')) id = line.slice(4);
    else if (line.startsWith('data: ')) data = line.slice(6);
    else if (line === '' && data !== undefined) {
      yield { id, data };
      data = undefined;
    }
  }
}
