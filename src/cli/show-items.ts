import type { ItemStream } from '../api/index.js';
import { type BitacoraError, jsonText, throwIfAborted } from '../base/index.js';
import type { CommandContext } from './context.js';
import type { Output } from './output.js';
import { toBitacoraError } from './report-error.js';

/**
 * Writes items as they come, so that a million take no more memory than ten: a line each, or with `--json` as the one document
 * that head and items make. Ends quietly once nobody reads any more.
 *
 * @param line - The text of an item; undefined for one that people are not shown.
 * @throws What ended the items early, after the document has been closed so that it parses, with the error in it.
 */
export async function showItems<Item>(
  { output, signal, progress }: Pick<CommandContext, 'output' | 'signal' | 'progress'>,
  { head, member, items, tail }: ItemStream<object, Item>,
  line: (item: Item) => string | undefined,
): Promise<void> {
  const writer = output.json ? new DocumentWriter(output, head, member) : undefined;
  try {
    for await (const item of items) {
      throwIfAborted(signal);
      if (output.closed) break;
      if (writer) writer.add(item);
      else {
        const text = line(item);
        if (text !== undefined) output.line(text);
      }
    }
  } catch (error) {
    writer?.finish(toBitacoraError(error));
    throw error;
  } finally {
    progress.clear();
  }
  writer?.finish(undefined, tail?.());
}

class DocumentWriter {
  readonly #output: Output;
  #first = true;

  constructor(output: Output, head: object, member: string) {
    this.#output = output;
    const start = Object.keys(head).length === 0 ? '{' : `${jsonText(head, 2).slice(0, -2)},`;
    output.raw(`${start}\n  ${jsonText(member)}: [`);
  }

  add(item: unknown): void {
    this.#output.raw(`${this.#first ? '' : ','}\n    ${jsonText(item)}`);
    this.#first = false;
  }

  finish(error?: BitacoraError, tail: object = {}): void {
    this.#output.raw(`${this.#first ? '' : '\n  '}]`);
    for (const [name, value] of Object.entries(tail)) {
      this.#output.raw(`,\n  ${jsonText(name)}: ${jsonText(value)}`);
    }
    if (error) {
      const { code, message, details } = error;
      this.#output.raw(`,\n  "error": ${jsonText({ code, message, details })}`);
    }
    this.#output.raw('\n}\n');
  }
}
