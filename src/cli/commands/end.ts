import type { AnswerOf } from '../../api/index.js';
import { printableText } from '../../base/index.js';
import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { problemText, sayProblems } from '../failures.js';
import type { Output } from '../output.js';
import { readRecordsFlag } from '../records-flag.js';
import { leaveStandardInput } from '../standard-input.js';
import { formatBytes, formatDuration } from '../units.js';

export interface EndFlags {
  readonly records?: string;
  readonly durability?: 'local' | 'all';
  readonly key?: string;
}

type Ended = Exclude<AnswerOf<'end'>, { readonly skipped: string }>;

/** `bitacora end USER SESSION` */
export async function runEnd(
  context: CommandContext,
  user: string,
  session: string,
  { records: flag, durability, key }: EndFlags,
): Promise<number> {
  const { output, progress } = context;
  const input = { user_id: user, session_id: session, durability, idempotency_key: key };
  const records = await readRecordsFlag(flag);
  let answer: AnswerOf<'end'>;
  try {
    answer = await call(context, 'end', input, { records });
  } finally {
    if (flag === '-') leaveStandardInput();
  }
  progress.clear();
  if (output.json) output.document(answer);
  else if ('skipped' in answer) output.message(`Nothing was captured. ${answer.skipped}`);
  else sayEnded(output, answer);
  return 'status' in answer && answer.status === 'partial' ? EXIT.partial : EXIT.ok;
}

function sayEnded(output: Output, answer: Ended): void {
  const { user_id: user, session_id: session, backup_id: id, status } = answer;
  if (answer.user_created) output.note(`Created the user "${user}".`);
  output.note(`Snapshot ${id} of ${user}, session ${session}: ${status} in ${formatDuration(answer.duration_ms)}`);
  for (const scope of answer.captured) output.note(`  captured  ${scope}`);
  output.note(`  bytes     ${formatBytes(answer.size_uncompressed)}, ${formatBytes(answer.bytes_added)} added`);
  for (const job of answer.follow_up) output.note(`  follows   job ${job}`);
  for (const warning of answer.warnings) output.message(warning);
  if (answer.failures.length === 0) return;
  const messages = answer.failures.map(({ path, message }) => problemText(printableText(path), message));
  sayProblems(output, answer.failures.length, messages, 'item');
}
