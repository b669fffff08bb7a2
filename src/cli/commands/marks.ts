import { formatTime } from '../../base/index.js';
import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';

type Mark = 'pin' | 'unpin' | 'forget' | 'unforget';

const DONE: Readonly<Record<Mark, string>> = {
  pin: 'is pinned: it stays whatever the policy says',
  unpin: 'is left to the policy again',
  forget: 'is forgotten; `bitacora unforget` takes it back until it is pruned',
  unforget: 'is taken back, and stays until somebody forgets it again',
};
const NOTHING: Readonly<Record<Mark, string>> = {
  pin: 'was pinned already',
  unpin: 'was not pinned',
  forget: 'was forgotten already',
  unforget: 'was not forgotten',
};

/** `bitacora pin|unpin|forget|unforget USER SNAPSHOT` */
export async function runMark(context: CommandContext, mark: Mark, user: string, snapshot: string): Promise<number> {
  const { output } = context;
  const answer = await call(context, mark, { user_id: user, backup_id: snapshot });
  if (output.json) output.document(answer);
  else {
    output.note(`The snapshot ${answer.backup_id} ${answer.changed ? DONE[mark] : NOTHING[mark]}.`);
    if (mark === 'unpin' && answer.forgotten !== null) {
      output.note(`It was forgotten on ${formatTime(Date.parse(answer.forgotten))}.`);
    }
    for (const warning of answer.warnings) output.message(warning);
  }
  return EXIT.ok;
}
