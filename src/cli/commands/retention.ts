import type { AnswerOf } from '../../api/index.js';
import { formatTime } from '../../base/index.js';
import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { dayText, keptText, ruleText } from '../keeping.js';
import { formatTable } from '../table.js';
import { countOf } from '../units.js';

export interface RetentionFlags {
  readonly dryRun?: boolean;
}
type Answer = AnswerOf<'retention'>;
type Snapshot = Answer['snapshots'][number];
type Reason = Snapshot['reasons'][number];

/** `bitacora retention USER` */
export async function runRetention(context: CommandContext, user: string, flags: RetentionFlags): Promise<number> {
  const { output } = context;
  const answer = await call(context, 'retention', { user_id: user, dry_run: flags.dryRun });
  if (output.json) {
    output.document(answer);
    return EXIT.ok;
  }
  for (const line of formatTable(COLUMNS, answer.snapshots)) output.line(line);
  const count = countOf(answer.forgotten.length, 'snapshot');
  const left = countOf(answer.snapshots.length - answer.forgotten.length, 'snapshot');
  output.note(`${answer.dry_run ? `Would forget ${count}` : `Forgot ${count}`} of ${user}; ${left} kept.`);
  for (const warning of answer.warnings) output.message(warning);
  return EXIT.ok;
}

const COLUMNS = [
  { title: 'Snapshot', cell: ({ backup_id }: Snapshot) => backup_id },
  { title: 'Captured', cell: ({ timestamp }: Snapshot) => formatTime(Date.parse(timestamp)) },
  { title: 'Kind', cell: ({ backup_type }: Snapshot) => backup_type },
  { title: 'Kept', cell: (snapshot: Snapshot) => (snapshot.kept ? keptText(snapshot) : 'no') },
  { title: 'Because', cell: because },
];

/** Of the snapshot as a whole, then of each capture; rules that have ended say when. */
function because({ reasons, captures }: Snapshot): string {
  const parts = reasons.length > 0 ? [reasons.map(reasonText).join(', ')] : [];
  for (const capture of captures) {
    const rules = capture.reasons.map(reasonText).join(', ');
    parts.push(`${capture.scope}: ${rules === '' ? 'no rule' : rules}`);
  }
  return parts.join('; ');
}

function reasonText({ rule, until, holds }: Reason): string {
  if (until === null) return ruleText(rule);
  return `${ruleText(rule)} ${holds ? 'until' : 'ended'} ${dayText(until)}`;
}
