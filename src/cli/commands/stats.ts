import type { AnswerOf } from '../../api/index.js';
import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { formatTable } from '../table.js';
import { formatBytes, formatCount } from '../units.js';

type Row = AnswerOf<'stats'>['total'] & { readonly user_id: string };

/** `bitacora stats [USER]` */
export async function runStats(context: CommandContext, user: string | undefined): Promise<number> {
  const { output } = context;
  const answer = await call(context, 'stats', { user_id: user });
  context.progress.clear();
  if (output.json) output.document(answer);
  else {
    const rows: Row[] = user === undefined ? [...answer.users, { user_id: 'all', ...answer.total }] : answer.users;
    for (const line of formatTable(COLUMNS, rows)) output.line(line);
  }
  return EXIT.ok;
}

const times = (ratio: number | null): string => (ratio === null ? '' : `${ratio.toFixed(2)}×`);

const COLUMNS = [
  { title: 'User', cell: (row: Row) => row.user_id },
  { title: 'Snapshots', right: true, cell: (row: Row) => formatCount(row.snapshots) },
  { title: 'Files', right: true, cell: (row: Row) => formatCount(row.files) },
  { title: 'Size', right: true, cell: (row: Row) => formatBytes(row.size_uncompressed) },
  { title: 'All snapshots', right: true, cell: (row: Row) => formatBytes(row.size_of_all_snapshots) },
  { title: 'Stored', right: true, cell: (row: Row) => formatBytes(row.stored_bytes) },
  { title: 'Dedup', right: true, cell: (row: Row) => times(row.dedup_ratio) },
  { title: 'Compression', right: true, cell: (row: Row) => times(row.compression_ratio) },
];
