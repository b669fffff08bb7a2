import { callItems } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { entryLine } from '../listing.js';
import { readSelector, type SelectorFlags } from '../select.js';
import { showItems } from '../show-items.js';

export type LsFlags = SelectorFlags;

/** `bitacora ls USER [PATH]`: what a directory holds, or the file itself; without a path the scopes. */
export async function runLs(
  context: CommandContext,
  user: string,
  path: string | undefined,
  flags: LsFlags,
): Promise<number> {
  const selector = readSelector(flags, context.clock.now(), { needed: false });
  const input = { user_id: user, ...selector, path };
  await callItems(context, 'ls', input, (stream) => showItems(context, stream, entryLine));
  return EXIT.ok;
}
