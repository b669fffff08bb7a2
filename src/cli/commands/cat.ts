import { BitacoraError } from '../../base/index.js';
import { callBytes } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { hasSelector, readSelector, readState, type SelectorFlags } from '../select.js';

export type CatFlags = SelectorFlags;

/** `bitacora cat USER SNAPSHOT PATH`; with options that say which state, `bitacora cat USER PATH`. */
export async function runCat(
  context: CommandContext,
  user: string,
  words: readonly string[],
  flags: CatFlags,
): Promise<number> {
  const path = words.at(-1);
  const given = hasSelector(flags) ? 1 : 2;
  if (path === undefined || words.length !== given) {
    const problem =
      given === 1 ? 'With options that say which state, give a path and nothing else' : 'Give a snapshot and a path';
    throw new BitacoraError('USAGE', `${problem}. See \`bitacora cat --help\`.`);
  }
  const now = context.clock.now();
  const selector = given === 1 ? readSelector(flags, now, { needed: true }) : stateSelector(readState(words[0]!, now));
  await callBytes(context, 'cat', { user_id: user, ...selector, path }, (bytes) => context.output.bytes(bytes));
  return EXIT.ok;
}

/** The word for a state in terms of the options. */
function stateSelector(word: string): { snapshot: string } | { at: string } | { session_id: string } {
  if (word.startsWith('at:')) return { at: word.slice(3) };
  return word.startsWith('session:') ? { session_id: word.slice(8) } : { snapshot: word };
}
