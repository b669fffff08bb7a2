import type { AnswerOf, ItemStream } from '../../api/index.js';
import { BitacoraError, formatTime, printableText } from '../../base/index.js';
import { callItems } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { entryLine, mtimeText } from '../listing.js';
import { hasSelector, readSelector, type SelectorFlags } from '../select.js';
import { showItems } from '../show-items.js';
import { countOf, formatBytes } from '../units.js';

export type FindFlags = SelectorFlags;
type Found = AnswerOf<'versions'> extends ItemStream<object, infer Item> ? Item : never;
type Version = Found['versions'][number];

/** `bitacora find USER GLOB`: the versions in all snapshots, or with a selector what that state holds. */
export async function runFind(context: CommandContext, user: string, glob: string, flags: FindFlags): Promise<number> {
  if (glob === '') throw new BitacoraError('USAGE', 'Say what to look for: an empty pattern matches nothing.');
  const input = { user_id: user, pattern: glob };
  if (hasSelector(flags)) {
    const selector = readSelector(flags, context.clock.now(), { needed: true });
    await callItems(context, 'find', { ...input, ...selector }, (stream) => showItems(context, stream, entryLine));
    return EXIT.ok;
  }
  await callItems(context, 'versions', input, async (stream) => {
    if (context.output.json) await showItems(context, stream, () => undefined);
    else await showItems(context, { ...stream, items: lines(stream.items) }, (line) => line);
  });
  return EXIT.ok;
}

/** A line for each version. */
async function* lines(found: AsyncIterable<Found>): AsyncGenerator<string> {
  for await (const { path, type, versions } of found) {
    const name = `${printableText(path)}${type === 'directory' ? '/' : ''}`;
    for (const version of versions) yield `${versionText(version)}  ${name}`;
  }
}

function versionText({ size, mtime, first, first_time, last, last_time, snapshots }: Version): string {
  const bytes = (size === undefined ? '' : formatBytes(size)).padStart(8);
  const [from, to] = [first_time, last_time].map((time) => formatTime(Date.parse(time)));
  const when =
    first === last ? `in ${last} of ${to}` : `in ${countOf(snapshots, 'snapshot')} from ${from} to ${last} of ${to}`;
  return `${bytes}  ${mtimeText(mtime)}  ${when}`;
}
