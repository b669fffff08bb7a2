import { BitacoraError } from '../base/index.js';

/** The bytes that come in through a pipe or from a file. Throws `USAGE` where somebody would have to type them. */
export function standardInput(flag = '--stdin'): AsyncIterable<Uint8Array> {
  if (!process.stdin.isTTY) return process.stdin;
  const example =
    flag === '--stdin'
      ? '`pg_dump db | bitacora backup USER --stdin --name db.sql`'
      : `\`bitacora backup USER ${flag} < records.ndjson\``;
  throw new BitacoraError('USAGE', `${flag} wants a pipe, and standard input is a terminal: ${example}.`);
}

/** Lets go of a pipe that may stay open for ever: it must not keep a command that has ended from ending. */
export function leaveStandardInput(): void {
  process.stdin.destroy();
}
