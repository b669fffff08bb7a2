import { resolve } from 'node:path';
import type { AnswerOf } from '../../api/index.js';
import { BitacoraError, formatTime } from '../../base/index.js';
import type { Overwrite } from '../../restore/index.js';
import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { problemText, sayProblems } from '../failures.js';
import type { Output } from '../output.js';
import { parseThreads } from '../parse-number.js';
import { readSelector, type SelectorFlags } from '../select.js';
import { countOf, formatBytes, formatDuration } from '../units.js';

export interface RestoreFlags extends SelectorFlags {
  readonly target?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly flatten?: boolean;
  readonly overwrite?: Overwrite;
  readonly delete?: boolean;
  readonly verify?: boolean;
  readonly dryRun?: boolean;
  readonly threads?: string;
}
type Answer = AnswerOf<'restore'>;

/** `bitacora restore USER --target DIR` */
export async function runRestore(context: CommandContext, user: string, flags: RestoreFlags): Promise<number> {
  const { output, progress, clock } = context;
  const selector = readSelector(flags, clock.now(), { needed: true });
  const { target } = flags;
  if (target === undefined)
    throw new BitacoraError(
      'USAGE',
      'Say where to restore to: --target DIR. `bitacora export` gives an archive, or records as JSON.',
    );
  const threads = flags.threads === undefined ? undefined : parseThreads(flags.threads);
  const input = {
    user_id: user,
    ...selector,
    target: resolve(target),
    include: flags.include && [...flags.include],
    exclude: flags.exclude && [...flags.exclude],
    flatten: flags.flatten,
    overwrite: flags.overwrite,
    delete: flags.delete,
    verify: flags.verify,
    dry_run: flags.dryRun,
  };
  const answer = await call(context, 'restore', input, { threads });
  progress.clear();
  if (output.json) output.document(answer);
  else sayReport(output, answer);
  return { complete: EXIT.ok, partial: EXIT.partial, corrupt: EXIT.corrupt }[answer.status];
}

const THINNED_SHOWN = 5;

function sayReport(output: Output, answer: Answer): void {
  const { dry_run: dryRun, target, status, failure_count } = answer;
  const took = formatDuration(answer.duration_ms);
  output.note(`${dryRun ? 'Dry run, nothing written' : 'Restored'} to ${target}: ${status} in ${took}`);
  const times = answer.folded_from_times.map((time) => formatTime(Date.parse(time)));
  output.note(`  from       ${answer.folded_from.map((id, index) => `${id} of ${times[index]}`).join(', ')}`);
  if (answer.thinned_count > 0) {
    const scopes = answer.thinned.slice(0, THINNED_SHOWN).join(', ');
    const more = answer.thinned_count > THINNED_SHOWN ? ', …' : '';
    output.note(
      `  thinned    ${countOf(answer.thinned_count, 'scope')} had newer captures, forgotten since: ${scopes}${more}`,
    );
  }
  const written = [countOf(answer.files, 'file'), countOf(answer.directories, 'directory', 'directories')];
  if (answer.others > 0) written.push(countOf(answer.others, 'other item'));
  output.note(`  ${dryRun ? 'to write ' : 'written  '}  ${written.join(', ')}; ${formatBytes(answer.bytes_written)}`);
  if (answer.bytes_reused > 0) output.note(`  reused     ${formatBytes(answer.bytes_reused)} of the files there`);
  const others = [
    [answer.identical, 'identical already'],
    [answer.kept, 'kept as they were'],
    [answer.deleted, dryRun ? 'to delete' : 'deleted'],
    [answer.verified, 'verified'],
  ] as const;
  for (const [count, what] of others) if (count > 0) output.note(`  ${what.padEnd(9)}  ${countOf(count, 'item')}`);
  sayList(output, answer.warning_count, answer.warnings, 'warning');
  sayList(output, failure_count, answer.failures, 'item');
  if (failure_count === 0) return;
  const what =
    failure_count === 1
      ? 'One item could not be restored as it was'
      : `${countOf(failure_count, 'item')} could not be restored as they were`;
  output.message(`${what}; the rest is in place.`);
  if (status !== 'corrupt') return;
  const { user_id: user } = answer;
  output.message(
    `Back up again: what is damaged and its sources still have is stored anew. \`bitacora scrub ${user}\` finds all of it.`,
  );
}

function sayList(output: Output, count: number, items: Answer['failures'], one: string): void {
  const messages = items.map(({ path, message }) => problemText(path, message));
  sayProblems(output, count, messages, one);
}
