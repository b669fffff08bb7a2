import { resolve } from 'node:path';
import type { AnswerOf, ItemStream } from '../../api/index.js';
import { BitacoraError, printableText } from '../../base/index.js';
import { callItems } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import type { Output } from '../output.js';
import { readState } from '../select.js';
import { showItems } from '../show-items.js';
import { countOf, formatBytes } from '../units.js';

export interface DiffFlags {
  readonly checksum?: boolean;
}
type Change = AnswerOf<'diff'> extends ItemStream<object, infer Item> ? Item : never;

/** `bitacora diff USER A B`: two states, or a state and a directory. Differences are no failure: the exit code is 0. */
export async function runDiff(
  context: CommandContext,
  user: string,
  first: string,
  second: string,
  flags: DiffFlags,
): Promise<number> {
  const { output, clock } = context;
  const now = clock.now();
  const before = readState(first, now);
  const counter = new Counter();
  const show = (stream: ItemStream<object, Change>) => showItems(context, stream, (change) => counter.line(change));
  if (isDirectory(second)) {
    const input = { user_id: user, before, directory: resolve(second), checksum: flags.checksum };
    await callItems(context, 'diff-disk', input, show);
  } else {
    if (flags.checksum) {
      throw new BitacoraError(
        'USAGE',
        '--checksum is for a directory; snapshots are compared by their content anyway.',
      );
    }
    const after = readState(second, now);
    await callItems(context, 'diff', { user_id: user, before, after }, async (stream) => {
      await show(stream);
      sayLacking(output, first, stream.head.only_before);
      sayLacking(output, second, stream.head.only_after);
    });
  }
  output.note(counter.text());
  return EXIT.ok;
}

/** No word for a state has a slash, and a directory is written with one. */
function isDirectory(word: string): boolean {
  return word.includes('/') || word === '.' || word === '..';
}

function sayLacking(output: Output, state: string, scopes: readonly string[]): void {
  for (const scope of scopes) output.note(`only ${state} captured ${scope}; it was not compared`);
}

/** Makes lines of changes and counts them by the way. */
class Counter {
  readonly #counts = { added: 0, removed: 0, changed: 0 };
  readonly #bytes = { added: 0, removed: 0, changed: 0 };

  line({ path, change, what, before, after }: Change): string {
    this.#counts[change]++;
    this.#bytes[change] += (after ?? before)?.size ?? 0;
    const directory = (after ?? before)?.type === 'directory' ? '/' : '';
    const text = `${{ added: '+', removed: '-', changed: 'M' }[change]}  ${printableText(path)}${directory}`;
    if (change !== 'changed') return text;
    const sizes = [before?.size, after?.size];
    const grown = sizes[0] === undefined || sizes[1] === undefined || sizes[0] === sizes[1];
    const types = what.includes('type') ? ` (${before?.type} to ${after?.type})` : '';
    return `${text}  ${what.join(', ')}${types}${grown ? '' : ` (${sizes.map((size) => formatBytes(size!)).join(' to ')})`}`;
  }

  text(): string {
    const parts = (['added', 'removed', 'changed'] as const).flatMap((kind) =>
      this.#counts[kind] === 0 ? [] : [`${this.#counts[kind]} ${kind} (${formatBytes(this.#bytes[kind])})`],
    );
    const total = this.#counts.added + this.#counts.removed + this.#counts.changed;
    return total === 0 ? 'No differences' : `${countOf(total, 'difference')}: ${parts.join(', ')}`;
  }
}
