import { formatTime, printableText } from '../../base/index.js';
import { call, callItems } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { showItems } from '../show-items.js';
import { formatBytes } from '../units.js';

/** `bitacora scope list USER` */
export async function runScopeList(context: CommandContext, user: string): Promise<number> {
  await callItems(context, 'scopes', { user_id: user }, (stream) =>
    showItems(context, stream, ({ scope, captured, ended, size_uncompressed: size }) => {
      const end = ended === null ? '' : `  ended ${formatTime(Date.parse(ended))}`;
      return `${formatTime(Date.parse(captured))}  ${formatBytes(size).padStart(9)}  ${printableText(scope)}${end}`;
    }),
  );
  return EXIT.ok;
}

export interface ScopeEndFlags {
  readonly reason?: string;
}

/** `bitacora scope end USER SCOPE` */
export async function runScopeEnd(
  context: CommandContext,
  user: string,
  scope: string,
  { reason }: ScopeEndFlags,
): Promise<number> {
  const { output } = context;
  const answer = await call(context, 'scope-end', { user_id: user, scope, reason });
  if (output.json) output.document(answer);
  else output.note(`${scope} of ${user} is no more since ${formatTime(Date.parse(answer.timestamp))}.`);
  return EXIT.ok;
}
