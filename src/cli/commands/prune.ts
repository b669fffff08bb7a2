import type { AnswerOf } from '../../api/index.js';
import { BitacoraError } from '../../base/index.js';
import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { countOf, formatBytes, formatDuration } from '../units.js';

export interface PruneFlags {
  readonly dryRun?: boolean;
  readonly grace?: string;
  readonly allowLarge?: boolean;
}

/** Not all went that could. */
const HELD = 1;

type Pruned = AnswerOf<'prune'>['users'][number];

/** `bitacora prune [USER]` */
export async function runPrune(context: CommandContext, user: string | undefined, flags: PruneFlags): Promise<number> {
  const { output, progress } = context;
  const answer = await call(context, 'prune', {
    user_id: user,
    dry_run: flags.dryRun,
    grace_days: flags.grace === undefined ? undefined : parseDays(flags.grace),
    allow_large: flags.allowLarge,
  });
  progress.clear();
  if (output.json) output.document(answer);
  else say(context, answer);
  if (answer.status === 'stopped') return EXIT.corrupt;
  return answer.status === 'held' ? HELD : EXIT.ok;
}

function say({ output }: CommandContext, { users, dry_run, duration_ms }: AnswerOf<'prune'>): void {
  for (const user of users) {
    output.note(`${user.user_id}: ${(dry_run ? planned(user) : done(user)).join(', ') || 'nothing to free'}`);
    if (dry_run) for (const line of user.snapshots) output.note(`  ${line.backup_id}  ${sizeOf(line.bytes)}`);
    for (const warning of user.warnings) output.message(`warning: ${warning}`);
    if (user.problem) output.message(`Nothing was removed of "${user.user_id}": ${user.problem.message}`);
    if (user.status === 'held') output.message(held(user));
  }
  output.note(
    `${dry_run ? 'Looked at' : 'Pruned'} ${countOf(users.length, 'user')} in ${formatDuration(duration_ms)}.`,
  );
}

function planned({ dead, rewritten, snapshots, aside }: Pruned): string[] {
  return [
    snapshots.length > 0 ? `${countOf(snapshots.length, 'forgotten snapshot')} would be given up` : '',
    dead.packs > 0 ? `${countOf(dead.packs, 'pack')} (${formatBytes(dead.bytes)}) would go` : '',
    rewritten.packs > 0
      ? `${countOf(rewritten.packs, 'pack')} (${formatBytes(rewritten.bytes)}) would be rewritten`
      : '',
    aside.packs > 0 ? `${formatBytes(aside.bytes)} are aside already` : '',
  ].filter(Boolean);
}

function done({ put_aside, purged, added, waiting, aside }: Pruned): string[] {
  return [
    put_aside.packs > 0 ? `${countOf(put_aside.packs, 'pack')} (${formatBytes(put_aside.bytes)}) put aside` : '',
    added.packs > 0 ? `${formatBytes(added.bytes)} written again` : '',
    purged.packs > 0 ? `${formatBytes(purged.bytes)} removed for good` : '',
    waiting > 0 ? `${countOf(waiting, 'pack')} still in use` : '',
    aside.packs > 0 ? `${formatBytes(aside.bytes)} aside until their grace is over` : '',
  ].filter(Boolean);
}

function held({ user_id, dead, rewritten, before }: Pruned): string {
  const going = formatBytes(dead.bytes + rewritten.bytes);
  return `Nothing more was removed of "${user_id}": ${going} of ${formatBytes(before.bytes)} are concerned, more than goes at once. See \`bitacora prune ${user_id} --dry-run\`; if that is meant, give --allow-large.`;
}

function sizeOf(bytes: number | null): string {
  return bytes === null ? 'unknown' : formatBytes(bytes);
}

/** Throws `USAGE`. */
function parseDays(text: string): number {
  const days = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (days <= 3650) return days;
  throw new BitacoraError('USAGE', `--grace takes a number of days such as 7, up to 3650, not "${text}".`);
}
