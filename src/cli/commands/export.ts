import { resolve } from 'node:path';
import { BitacoraError, isBitacoraError } from '../../base/index.js';
import { callBytes } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { OutputFile } from '../output-file.js';
import { readSelector, type SelectorFlags } from '../select.js';
import { formatBytes } from '../units.js';

export interface ExportFlags extends SelectorFlags {
  readonly format: 'tar' | 'json';
  readonly output?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** `bitacora export USER --format tar [-o FILE]` */
export async function runExport(context: CommandContext, user: string, flags: ExportFlags): Promise<number> {
  const { output, clock } = context;
  const { format } = flags;
  const selector = readSelector(flags, clock.now(), { needed: true });
  const file = flags.output === undefined || flags.output === '-' ? undefined : resolve(flags.output);
  if (format === 'tar' && file === undefined && output.toTerminal) {
    throw new BitacoraError('USAGE', 'An archive is nothing for a terminal: give a file with -o FILE, or redirect it.');
  }
  const input = {
    user_id: user,
    ...selector,
    format,
    include: flags.include && [...flags.include],
    exclude: flags.exclude && [...flags.exclude],
  };
  await callBytes(context, 'export', input, (bytes) =>
    file === undefined ? output.bytes(bytes) : toFile(context, user, file, bytes),
  );
  return EXIT.ok;
}

/** An archive that lacks only what the snapshot itself lacks is whole, and stays. */
async function toFile(
  { output, random, progress }: CommandContext,
  user: string,
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const file = await OutputFile.create(path, random);
  let partial: unknown;
  try {
    try {
      for await (const piece of pieces) await file.write(piece);
    } catch (error) {
      if (!isBitacoraError(error, 'PARTIAL')) throw error;
      partial = error;
    }
    await file.finish();
  } finally {
    await file.close();
    progress.clear();
  }
  if (output.json)
    output.document({ user_id: user, file: path, bytes: file.bytes, status: partial ? 'partial' : 'complete' });
  output.note(`Wrote ${path}: ${formatBytes(file.bytes)}`);
  if (partial) throw partial;
}
