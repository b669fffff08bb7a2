import type { AnswerOf, InputOf } from '../../api/index.js';
import { formatTime, isoTime } from '../../base/index.js';
import type { SnapshotKind } from '../../format/index.js';
import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { keptText } from '../keeping.js';
import { parseTime } from '../parse-time.js';
import { formatTable } from '../table.js';
import { countOf, formatBytes, formatCount } from '../units.js';

export interface ListFlags {
  readonly session?: string;
  readonly kind?: SnapshotKind;
  readonly since?: string;
  readonly until?: string;
  readonly all?: boolean;
}
type Summary = AnswerOf<'list'>['backups'][number];

/** `bitacora list USER` */
export async function runList(context: CommandContext, user: string, flags: ListFlags): Promise<number> {
  const { output, clock } = context;
  const now = clock.now();
  const answer = await listAll(context, {
    user_id: user,
    session_id: flags.session,
    kind: flags.kind,
    since: flags.since === undefined ? undefined : isoTime(parseTime(flags.since, now, 'start')),
    until: flags.until === undefined ? undefined : isoTime(parseTime(flags.until, now, 'end')),
    all: flags.all,
  });
  const exit = answer.problems.length > 0 ? EXIT.corrupt : EXIT.ok;
  if (output.json) {
    output.document(answer);
    return exit;
  }
  for (const line of formatTable(COLUMNS, answer.backups)) output.line(line);
  output.note(`${countOf(answer.backups.length, 'snapshot')} of ${user}`);
  if (exit === EXIT.corrupt)
    output.message('The log of this user is damaged: there may have been more snapshots. `bitacora scrub` says more.');
  return exit;
}

/** All pages as one. */
async function listAll(context: CommandContext, input: InputOf<'list'>): Promise<AnswerOf<'list'>> {
  const answer = await call(context, 'list', input);
  const backups = [...answer.backups];
  for (let next = answer.next; next !== null; ) {
    const page = await call(context, 'list', { ...input, cursor: next });
    for (const one of page.backups) backups.push(one);
    next = page.next;
  }
  return { ...answer, backups, next: null };
}

const COLUMNS = [
  { title: 'Snapshot', cell: ({ backup_id }: Summary) => backup_id },
  { title: 'Time', cell: ({ timestamp }: Summary) => formatTime(Date.parse(timestamp)) },
  { title: 'Kind', cell: ({ backup_type }: Summary) => backup_type },
  { title: 'Status', cell: ({ status }: Summary) => status },
  { title: 'Files', right: true, cell: ({ files }: Summary) => formatCount(files) },
  { title: 'Size', right: true, cell: ({ size_uncompressed }: Summary) => formatBytes(size_uncompressed) },
  { title: 'Added', right: true, cell: ({ bytes_added }: Summary) => formatBytes(bytes_added) },
  { title: 'Kept', cell: (one: Summary) => (one.forgotten === null ? keptText(one) : 'forgotten') },
  { title: 'Captured', cell: ({ captured }: Summary) => captured.join(', ') },
];
