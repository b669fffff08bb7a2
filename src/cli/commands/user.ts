import { resolve } from 'node:path';
import type { AnswerOf, InputOf } from '../../api/index.js';
import { BitacoraError, formatTime } from '../../base/index.js';
import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { sayProblems } from '../failures.js';
import type { Output } from '../output.js';
import { formatTable } from '../table.js';
import { countOf, formatBytes, formatCount } from '../units.js';

export interface UserFlags {
  readonly source?: readonly string[];
  readonly addSource?: readonly string[];
  readonly removeSource?: readonly string[];
  readonly exclude?: readonly string[];
  readonly addExclude?: readonly string[];
  readonly removeExclude?: readonly string[];
  readonly atSessionEnd?: boolean;
  readonly quotaGb?: string;
}

type User = AnswerOf<'user-set'>;
type Source = NonNullable<InputOf<'user-set'>['sources']>[number];

/** `bitacora user add USER` */
export async function runUserAdd(context: CommandContext, user: string, flags: UserFlags): Promise<number> {
  const { source, exclude } = flags;
  const input = {
    user_id: user,
    sources: sourcesOf(source, flags),
    exclude: exclude && [...exclude],
    quota_bytes: quotaOf(flags),
  };
  return sayUser(context.output, `Created the user "${user}".`, await call(context, 'user-add', input));
}

/** `bitacora user set USER` */
export async function runUserSet(context: CommandContext, user: string, flags: UserFlags): Promise<number> {
  if (flags.atSessionEnd && !flags.source && !flags.addSource) {
    throw new BitacoraError('USAGE', '--at-session-end is about the sources that --source or --add-source names.');
  }
  if (Object.keys(flags).length === 0) {
    throw new BitacoraError(
      'USAGE',
      'Nothing to change. Say what with --source, --exclude, their --add- and --remove- forms, or --quota-gb.',
    );
  }
  const input = {
    user_id: user,
    sources: sourcesOf(flags.source, flags),
    add_sources: sourcesOf(flags.addSource, flags),
    remove_sources: flags.removeSource?.map(parseSource),
    exclude: flags.exclude && [...flags.exclude],
    add_exclude: flags.addExclude && [...flags.addExclude],
    remove_exclude: flags.removeExclude && [...flags.removeExclude],
    quota_bytes: quotaOf(flags),
  };
  return sayUser(context.output, `Changed the user "${user}".`, await call(context, 'user-set', input));
}

/** `bitacora user list` */
export async function runUserList(context: CommandContext): Promise<number> {
  const { output } = context;
  const answer = await call(context, 'user-list', {});
  if (output.json) output.document(answer);
  else {
    for (const line of formatTable(COLUMNS, answer.users)) output.line(line);
    output.note(countOf(answer.users.length, 'user'));
    const messages = answer.damaged.map(({ message }) => message);
    sayProblems(output, messages.length, messages, 'damaged record');
  }
  return answer.damaged.length > 0 ? EXIT.corrupt : EXIT.ok;
}

/** `bitacora user show USER` */
export async function runUserShow(context: CommandContext, user: string): Promise<number> {
  const { output } = context;
  const answer = await call(context, 'user-show', { user_id: user });
  if (output.json) {
    output.document(answer);
    return EXIT.ok;
  }
  const { last_success: success, last_snapshot: last, snapshots } = answer;
  const when = (one: typeof last) => (one ? `${formatTime(Date.parse(one.timestamp))}  ${one.backup_id}` : 'none');
  const lines: [string, string][] = [
    ['User', answer.user_id],
    ['Inside the vault', answer.uid],
    ['Created', formatTime(Date.parse(answer.created))],
    ...answer.sources.map((source): [string, string] => ['Source', sourceText(source)]),
    ...answer.configured_sources.map((source): [string, string] => [
      'Source',
      source.kind === 'path'
        ? `path:${source.path}  (configured)`
        : `command:${source.name}  ${source.command.join(' ')}  (configured)`,
    ]),
    ...answer.exclude.map((pattern): [string, string] => ['Left out', pattern]),
    ['Snapshots', formatCount(snapshots)],
    ['Stored', storedText(answer)],
    ['Quota', quotaText(answer.quota)],
    ['Last complete', when(success)],
    ...(last && last.backup_id !== success?.backup_id
      ? [['Last', `${when(last)}  ${last.status}`] as [string, string]]
      : []),
  ];
  for (const [name, value] of lines) output.line(`${name.padEnd(16)}  ${value}`);
  return EXIT.ok;
}

function storedText({ stored_bytes: stored, trash_bytes: trash }: AnswerOf<'user-show'>): string {
  return trash === 0 ? formatBytes(stored) : `${formatBytes(stored)}, ${formatBytes(trash)} of it in the trash`;
}

function quotaText({ max_bytes: max, from }: AnswerOf<'user-show'>['quota']): string {
  return `${max === null ? 'none' : formatBytes(max)}${from === 'configuration' ? '  (configured)' : ''}`;
}

/** Undefined: as it was. Throws `USAGE`. */
function quotaOf({ quotaGb: text }: UserFlags): number | null | undefined {
  if (text === undefined || text === 'default') return text && null;
  if (text === 'none') return 0;
  const gigabytes = /^\d{1,6}(\.\d{1,9})?$/.test(text) ? Number(text) : 0;
  if (gigabytes > 0) return Math.round(gigabytes * 1e9);
  throw new BitacoraError(
    'USAGE',
    `--quota-gb takes a number of gigabytes such as 2.5, "none" or "default", not "${text}".`,
  );
}

function sourcesOf(texts: readonly string[] | undefined, { atSessionEnd }: UserFlags): Source[] | undefined {
  return texts?.map((text) => ({ ...parseSource(text), ...(atSessionEnd ? { at_session_end: true } : {}) }));
}

/** `path:DIR`. What DIR means is settled here: the daemon stands elsewhere. */
function parseSource(text: string): Source {
  const [, kind, rest] = /^([a-z]+):(.+)$/s.exec(text) ?? [];
  if (kind === 'path' && rest !== undefined) return { kind, path: resolve(rest) };
  const how = kind === 'command' ? 'Commands are configured in the file, as [[source]].' : 'Write path:DIR.';
  throw new BitacoraError('USAGE', `Not a source: "${text}". ${how}`, { details: { source: text } });
}

function sayUser(output: Output, what: string, user: User): number {
  if (output.json) output.document(user);
  else {
    output.note(what);
    for (const source of user.sources) output.note(`  source    ${sourceText(source)}`);
    for (const pattern of user.exclude) output.note(`  left out  ${pattern}`);
  }
  return EXIT.ok;
}

function sourceText({ path, at_session_end: atSessionEnd }: User['sources'][number]): string {
  return `path:${path}${atSessionEnd ? '  (at the end of each session, too)' : ''}`;
}

const COLUMNS = [
  { title: 'User', cell: (user: User) => user.user_id },
  { title: 'Created', cell: (user: User) => formatTime(Date.parse(user.created)) },
  { title: 'Sources', cell: (user: User) => user.sources.map(({ path }) => path).join(', ') },
];
