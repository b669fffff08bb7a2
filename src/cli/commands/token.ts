import type { AnswerOf, InputOf } from '../../api/index.js';
import { BitacoraError, formatTime, isoTime } from '../../base/index.js';
import { ACCESS_SCOPES } from '../../format/index.js';
import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { formatTable } from '../table.js';
import { countOf } from '../units.js';

export interface TokenFlags {
  readonly user?: readonly string[];
  readonly allUsers?: boolean;
  readonly scope?: readonly string[];
  readonly days?: string;
}
type Token = AnswerOf<'token-list'>['tokens'][number];

const DAY_MS = 86_400_000;

/** `bitacora token create NAME`. The token alone is standard output, for a file that only its user reads. */
export async function runTokenCreate(context: CommandContext, name: string, flags: TokenFlags): Promise<number> {
  const { output, clock } = context;
  const { user, allUsers, scope, days } = flags;
  if ((user === undefined) === (allUsers !== true)) {
    throw new BitacoraError('USAGE', 'Say whose data it is for: --user ID, once or more, or --all-users.');
  }
  const scopes = scopesOf(scope);
  if (days !== undefined && !/^[1-9][0-9]{0,4}$/.test(days)) {
    throw new BitacoraError('USAGE', `--days is a whole number from 1 to 99999, not "${days}".`);
  }
  const expires = days === undefined ? undefined : isoTime(clock.now() + Number(days) * DAY_MS);
  const answer = await call(context, 'token-create', { name, users: [...(user ?? ['*'])], scopes, expires });
  if (output.json) output.document(answer);
  else {
    output.message(`Created the token "${name}" (${answer.token_id}). This is the only time that it is shown:`);
    output.line(answer.token);
  }
  return EXIT.ok;
}

/** `--scope list --scope backup`, or `--scope list,backup`. */
function scopesOf(words: readonly string[] | undefined): InputOf<'token-create'>['scopes'] {
  const scopes = (words ?? []).flatMap((word) => word.split(',')).map((word) => word.trim());
  const known = scopes.flatMap((word) => ACCESS_SCOPES.filter((scope) => scope === word));
  if (known.length > 0 && known.length === scopes.length) return known;
  throw new BitacoraError('USAGE', `Say what it is for: --scope with some of ${ACCESS_SCOPES.join(', ')}.`);
}

/** `bitacora token list` */
export async function runTokenList(context: CommandContext): Promise<number> {
  const { output } = context;
  const answer = await call(context, 'token-list', {});
  if (output.json) output.document(answer);
  else {
    if (answer.tokens.length > 0) for (const line of formatTable(COLUMNS, answer.tokens)) output.line(line);
    output.note(countOf(answer.tokens.length, 'token'));
  }
  return EXIT.ok;
}

/** `bitacora token revoke TOKEN` */
export async function runTokenRevoke(context: CommandContext, token: string): Promise<number> {
  const { output } = context;
  const answer = await call(context, 'token-revoke', { token_id: token });
  if (output.json) output.document(answer);
  else output.note(`Revoked the token "${answer.name}" (${answer.token_id}). It counts for nothing from now on.`);
  return EXIT.ok;
}

const when = (time: string | null, never: string) => (time === null ? never : formatTime(Date.parse(time)));
const COLUMNS = [
  { title: 'Token', cell: ({ token_id }: Token) => token_id },
  { title: 'Name', cell: ({ name }: Token) => name },
  { title: 'Users', cell: ({ users }: Token) => (users[0] === '*' ? '(all)' : users.join(', ')) },
  { title: 'Scopes', cell: ({ scopes }: Token) => scopes.join(', ') },
  { title: 'Created', cell: ({ created }: Token) => when(created, '') },
  { title: 'Expires', cell: ({ expires }: Token) => when(expires, 'never') },
  { title: 'Last used', cell: ({ last_used: used }: Token) => when(used, 'never') },
];
