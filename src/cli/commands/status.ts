import type { AnswerOf } from '../../api/index.js';
import { formatTime } from '../../base/index.js';
import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { sayProblems } from '../failures.js';
import { formatTable } from '../table.js';
import { countOf, formatBytes, formatCount, formatDuration } from '../units.js';
import { jobLine } from './jobs.js';

type Status = AnswerOf<'status'>;
type UserStatus = Status['users'][number];
type Schedule = NonNullable<Status['daemon']>['schedule'];

/** People look for those who are worst off; the rest is in the JSON. */
const USERS_SHOWN = 50;
const DAMAGED = new Set(['DATA_CORRUPT', 'OBJECT_MISSING']);

/** `bitacora status` */
export async function runStatus(context: CommandContext): Promise<number> {
  const { output } = context;
  const answer = await call(context, 'status', {});
  context.progress.clear();
  const problems = [
    ...answer.problems,
    ...answer.users.flatMap((user) =>
      user.problems.map((one) => ({ ...one, message: `${user.user_id}: ${one.message}` })),
    ),
  ];
  if (output.json) output.document(answer);
  else {
    for (const line of headLines(answer)) output.line(line);
    for (const job of answer.daemon?.running ?? []) output.line(`  ${jobLine(job)}`);
    for (const row of answer.daemon?.schedule ?? []) output.line(scheduleLine(row));
    for (const run of answer.rounds) output.line(roundLine(run));
    sayUsers(context, answer);
    for (const warning of answer.warnings) output.message(`warning: ${warning}`);
    sayProblems(
      output,
      problems.length,
      problems.map(({ message }) => message),
      'problem',
    );
  }
  return problems.some(({ code }) => DAMAGED.has(code)) ? EXIT.corrupt : EXIT.ok;
}

function headLines({ vault, daemon }: Status): string[] {
  const { free_bytes: free, total_bytes: total } = vault;
  const space = free === null || total === null ? 'not known' : `${formatBytes(free)} of ${formatBytes(total)}`;
  const running = daemon && `${countOf(daemon.running.length, 'job')} running, ${formatCount(daemon.queued)} waiting`;
  return [
    `Vault       ${vault.path}${vault.read_only ? '  (read-only)' : ''}`,
    `Vault id    ${vault.vault_id}`,
    `Free space  ${space}`,
    `Daemon      ${daemon ? `process ${daemon.pid} at ${daemon.socket}; ${running}` : 'none runs'}`,
  ];
}

function scheduleLine({ users, kind, cron, every_ms: every, next }: Schedule[number]): string {
  const when = next === null ? 'soon' : formatTime(Date.parse(next));
  const how = cron ?? `every ${formatDuration(every ?? 0)}`;
  return `Next        ${when}  ${kind} of ${users.includes('*') ? 'all users' : users.join(', ')} (${how})`;
}

const ROUNDS = { 'retain-all': 'Retention', prune: 'Prune', scrub: 'Check' };

function roundLine({ operation, ended, outcome }: Status['rounds'][number]): string {
  return `${ROUNDS[operation].padEnd(12)}${formatTime(Date.parse(ended))}  ${outcome}`;
}

function sayUsers({ output }: CommandContext, { users, user_count: count }: Status): void {
  const looked = users.length < count ? `, ${formatCount(users.length)} of them looked at` : '';
  output.line(`Users       ${formatCount(count)}${looked}`);
  if (users.length === 0) return;
  const age = (user: UserStatus) => user.last_success_age_ms ?? Number.POSITIVE_INFINITY;
  const worst = [...users].sort((a, b) => age(b) - age(a)).slice(0, USERS_SHOWN);
  output.line();
  for (const line of formatTable(COLUMNS, worst)) output.line(line);
  if (worst.length < users.length) output.line(`and ${countOf(users.length - worst.length, 'user')} backed up later`);
}

const COLUMNS = [
  { title: 'User', cell: ({ user_id }: UserStatus) => user_id },
  { title: 'Snapshots', right: true, cell: ({ snapshots }: UserStatus) => formatCount(snapshots) },
  {
    title: 'Last complete',
    cell: ({ last_success_age_ms: age }: UserStatus) => (age === null ? 'never' : `${ageText(age)} ago`),
  },
  { title: 'Last', cell: ({ last_snapshot: last }: UserStatus) => last?.status ?? '' },
  { title: 'Stored', right: true, cell: ({ stored_bytes }: UserStatus) => formatBytes(stored_bytes) },
  { title: 'Checked', cell: ({ last_check: check }: UserStatus) => (check ? checkText(check) : 'never') },
];

function checkText({ time, findings }: NonNullable<UserStatus['last_check']>): string {
  const day = formatTime(Date.parse(time)).slice(0, 10);
  return findings === 0 ? day : `${day}, ${countOf(findings, 'finding')}`;
}

const DAY_MS = 86_400_000;

function ageText(ms: number): string {
  return ms < 2 * DAY_MS ? formatDuration(ms) : countOf(Math.floor(ms / DAY_MS), 'day');
}
