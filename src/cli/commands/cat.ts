import { callBytes } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';

/** `bitacora cat USER SNAPSHOT PATH` */
export async function runCat(context: CommandContext, user: string, snapshot: string, path: string): Promise<number> {
  await callBytes(context, 'cat', { user_id: user, snapshot, path }, (bytes) => context.output.bytes(bytes));
  return EXIT.ok;
}
