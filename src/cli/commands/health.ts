import { call } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { formatTable } from '../table.js';

/** `bitacora health`: exit 0 where everything works as it should, 1 where it does not. */
export async function runHealth(context: CommandContext): Promise<number> {
  const { output } = context;
  const answer = await call(context, 'health', {});
  context.progress.clear();
  if (output.json) output.document(answer);
  else {
    output.line(answer.status);
    const { checks = [] } = answer;
    if (checks.length > 0) for (const line of formatTable(COLUMNS, checks)) output.line(line);
  }
  return answer.status === 'ok' ? EXIT.ok : FAILED;
}

const FAILED = 1;

interface Check {
  readonly name: string;
  readonly status: string;
  readonly message: string;
}

const COLUMNS = [
  { title: 'What', cell: ({ name }: Check) => name },
  { title: 'How', cell: ({ status }: Check) => status },
  { title: '', cell: ({ message }: Check) => message },
];
