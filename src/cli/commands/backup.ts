import { resolve } from 'node:path';
import type { AnswerOf, InputOf } from '../../api/index.js';
import { BitacoraError, printableText } from '../../base/index.js';
import { type CodecName, codecLevels } from '../../codec/index.js';
import { call } from '../call.js';
import type { CallOptions } from '../call-options.js';
import { type CommandContext, EXIT } from '../context.js';
import { problemText, sayProblems } from '../failures.js';
import type { Output } from '../output.js';
import { parseSize, parseThreads, parseWhole } from '../parse-number.js';
import { readRecordsFlag } from '../records-flag.js';
import { leaveStandardInput, standardInput } from '../standard-input.js';
import { countOf, formatBytes, formatDuration, formatSaving } from '../units.js';

export interface BackupFlags {
  readonly path?: readonly string[];
  readonly stdin?: boolean;
  readonly name?: string;
  readonly records?: string;
  readonly session?: string;
  readonly durability?: 'local' | 'all';
  readonly kind: 'manual' | 'critical';
  readonly exclude?: readonly string[];
  readonly oneFileSystem?: boolean;
  readonly includeCaches?: boolean;
  readonly maxFileSize?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly codec?: CodecName;
  readonly level?: string;
  readonly threads?: string;
  readonly reason?: string;
}

const ANY_LEVEL = { min: 1, max: 19 };

/** `bitacora backup USER --path DIR…` */
export async function runBackup(context: CommandContext, user: string, flags: BackupFlags): Promise<number> {
  const { output, progress } = context;
  const { threads, level, maxFileBytes } = readNumbers(flags);
  const body = readStream(flags);
  const records = await readRecordsFlag(flags.records);
  const input = {
    user_id: user,
    type: flags.kind,
    session_id: flags.session,
    durability: flags.durability,
    reason: flags.reason,
    paths: flags.path?.map((path) => resolve(path)),
    stream_name: flags.name,
    exclude: flags.exclude && [...flags.exclude],
    one_file_system: flags.oneFileSystem,
    include_caches: flags.includeCaches,
    max_file_bytes: maxFileBytes,
    force: flags.force,
    dry_run: flags.dryRun,
    codec: flags.codec,
    level,
  };
  const answer = await ask(context, input, { threads, body, records });
  progress.clear();
  if (output.json) output.document(answer);
  else sayReport(output, answer);
  return answer.status === 'partial' ? EXIT.partial : EXIT.ok;
}

async function ask(
  context: CommandContext,
  input: InputOf<'backup'>,
  options: CallOptions,
): Promise<AnswerOf<'backup'>> {
  try {
    return await call(context, 'backup', input, options);
  } finally {
    if (options.body || options.records) leaveStandardInput();
  }
}

/** Standard input, where it is a source. */
function readStream({ stdin, name, records }: BackupFlags): AsyncIterable<Uint8Array> | undefined {
  if (stdin && records !== undefined) {
    throw new BitacoraError('USAGE', 'Give --stdin or --records, not both: make two snapshots of them.');
  }
  if ((stdin ?? false) !== (name !== undefined)) {
    throw new BitacoraError('USAGE', '--stdin and --name NAME go together: the name is that of the restored file.');
  }
  return stdin ? standardInput() : undefined;
}

function readNumbers(flags: BackupFlags): { threads?: number; level?: number; maxFileBytes?: number } {
  // Without a codec here it is the configuration's, where the operation looks whether the level is one of it.
  const { min, max } = flags.codec ? codecLevels(flags.codec) : ANY_LEVEL;
  const what = flags.codec ? `--level of ${flags.codec}` : '--level';
  return {
    ...(flags.threads === undefined ? {} : { threads: parseThreads(flags.threads) }),
    ...(flags.level === undefined ? {} : { level: parseWhole(flags.level, what, min, max) }),
    ...(flags.maxFileSize === undefined ? {} : { maxFileBytes: parseSize(flags.maxFileSize) }),
  };
}

/** How a backup went, for people. */
export function sayReport(output: Output, answer: AnswerOf<'backup'>): void {
  const { user_id: user, backup_id, status, files, failure_count } = answer;
  if (answer.user_created) output.note(`Created the user "${user}".`);
  const id = backup_id === null ? 'Dry run, nothing stored' : `Snapshot ${backup_id}`;
  output.note(`${id} of ${user}: ${status} in ${formatDuration(answer.duration_ms)}`);
  for (const scope of answer.captured) output.note(`  captured  ${scope}`);
  const kinds = ['new', 'changed', 'unchanged', 'unread'] as const;
  const parts = kinds.filter((kind) => files[kind] > 0).map((kind) => countOf(files[kind], kind, kind));
  const left = answer.excluded > 0 ? `; ${countOf(answer.excluded, 'item')} excluded` : '';
  output.note(`  files     ${countOf(files.total, 'file')}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}${left}`);
  const { size_uncompressed, bytes_read, bytes_added } = answer;
  output.note(`  bytes     ${formatBytes(size_uncompressed)} in all, ${formatBytes(bytes_read)} read`);
  if (backup_id !== null) {
    const saving = formatSaving(bytes_added, bytes_read);
    output.note(`  stored    ${formatBytes(bytes_added)} added${saving ? `, ${saving} than what was read` : ''}`);
  }
  for (const warning of answer.warnings) output.message(warning);
  if (failure_count === 0) return;
  const messages = answer.failures.map(({ path, message }) => problemText(printableText(path), message));
  sayProblems(output, failure_count, messages, 'item');
  const what = failure_count === 1 ? 'One item' : countOf(failure_count, 'item');
  output.message(`${what} could not be read; the rest is safe. Make them readable and back up again.`);
}
