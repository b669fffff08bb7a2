import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { sayProblems } from '../failures.js';
import { countOf, formatDuration } from '../units.js';

/** `bitacora rebuild-index [USER]` */
export async function runRebuildIndex(context: CommandContext, user: string | undefined): Promise<number> {
  const { output, progress } = context;
  const answer = await call(context, 'rebuild-index', { user_id: user });
  progress.clear();
  if (output.json) output.document(answer);
  else {
    for (const { user_id, packs, chunks, entries } of answer.users) {
      const parts = [countOf(packs, 'pack'), countOf(chunks, 'chunk'), countOf(entries, 'log entry', 'log entries')];
      output.note(`${user_id}: ${parts.join(', ')}`);
    }
    const { users, duration_ms } = answer;
    output.note(`Rebuilt the index of ${countOf(users.length, 'user')} in ${formatDuration(duration_ms)}.`);
    const problems = [...answer.registry_problems, ...users.flatMap((rebuilt) => rebuilt.problems)];
    const messages = problems.map(({ message }) => message);
    sayProblems(output, problems.length, messages, 'problem');
  }
  return answer.status === 'damaged' ? EXIT.corrupt : EXIT.ok;
}
