import { type AnswerOf, scrubNames } from '../../api/index.js';
import { BitacoraError, isBitacoraError } from '../../base/index.js';
import { chooseVaultPath } from '../../vault/index.js';
import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { sayProblems } from '../failures.js';
import { parseThreads } from '../parse-number.js';
import { countOf, formatBytes, formatDuration } from '../units.js';

export interface ScrubFlags {
  readonly share?: string;
  readonly full?: boolean;
  readonly threads?: string;
}

/** Nothing is damaged, but not all could be read. */
const UNREAD = 1;

/** `bitacora scrub [USER]` */
export async function runScrub(context: CommandContext, user: string | undefined, flags: ScrubFlags): Promise<number> {
  const { output, progress } = context;
  if (flags.share !== undefined && flags.full) throw new BitacoraError('USAGE', 'Give --share or --full, not both.');
  const share = flags.share === undefined ? undefined : parseShare(flags.share);
  const threads = flags.threads === undefined ? undefined : parseThreads(flags.threads);
  const answer = await scrubOrNames(context, { user_id: user, share }, threads);
  progress.clear();
  if (output.json) output.document(answer);
  else say(context, answer);
  if (answer.status === 'damaged') return EXIT.corrupt;
  return answer.status === 'unread' ? UNREAD : EXIT.ok;
}

/** Without the key there is still something that can be said. */
async function scrubOrNames(
  context: CommandContext,
  input: { readonly user_id: string | undefined; readonly share: number | undefined },
  threads: number | undefined,
): Promise<AnswerOf<'scrub'>> {
  try {
    return await call(context, 'scrub', input, { threads });
  } catch (error) {
    if (!isBitacoraError(error, 'KEY_MISSING') || context.globals.socket !== undefined) throw error;
    const { clock, progress, signal, globals, output } = context;
    const all =
      input.user_id === undefined ? '' : ' Of which user an object is cannot be told either: all are checked.';
    output.message(`${error.message} Without it only names can be checked.${all}`);
    return scrubNames(chooseVaultPath(globals.vault), { clock, signal, progress: progress.sink });
  }
}

function say({ output }: CommandContext, answer: AnswerOf<'scrub'>): void {
  const { users, vault_problems, duration_ms, checked, share, read_only } = answer;
  for (const { user_id, packs, bytes, chunks, entries, quarantined_chunks } of users) {
    const parts = [`${countOf(packs, 'pack')} (${formatBytes(bytes)})`];
    if (checked === 'content') parts.push(countOf(chunks, 'chunk'));
    parts.push(countOf(entries, 'log entry', 'log entries'));
    if (quarantined_chunks > 0) parts.push(`${countOf(quarantined_chunks, 'chunk')} damaged`);
    output.note(`${user_id}: ${parts.join(', ')}`);
  }
  const problems = [...vault_problems, ...users.flatMap((user) => user.problems)];
  const what = checked === 'names' ? 'the names of all objects' : share < 100 ? `a share of ${share}%` : 'everything';
  const end = problems.length === 0 ? 'nothing is damaged' : countOf(problems.length, 'finding');
  output.note(`Checked ${what} in ${formatDuration(duration_ms)}: ${end}.`);
  sayProblems(
    output,
    problems.length,
    problems.map(({ message }) => message),
    'finding',
  );
  if (!users.some((user) => user.quarantined_chunks > 0)) return;
  const next = read_only
    ? 'The vault cannot be written: nothing was noted. Run this where it can be, then back up again.'
    : 'The next backup stores again what its sources still have of this, and older snapshots heal with it.';
  output.message(next);
}

/** Reads `10%`, `2.5%` or `10`. Throws `USAGE`. */
function parseShare(text: string): number {
  const share = /^\d{1,3}(\.\d{1,3})?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (share > 0 && share <= 100) return share;
  throw new BitacoraError('USAGE', `--share takes a part such as 10%, above 0% and up to 100%, not "${text}".`);
}
