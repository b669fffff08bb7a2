import { BitacoraError, isBitacoraError } from '../../base/index.js';
import { type ProgramSpec, runProgram } from '../command-source.js';
import type { RecordSource } from './record-source.js';
import { detectForm, readRecords } from './record-text.js';

/** What is wrong with the records, and so with the program that printed them. */
const WRONG = new Set(['USAGE', 'TOO_LARGE', 'BAD_NAME']);

/**
 * Records that a program prints, as NDJSON or as one JSON object; they count only if it ends with exit code 0 in time. What the stream
 * throws is `SOURCE_FAILED`, with the end of what the program said on its error output.
 */
export function pullRecords(spec: ProgramSpec): RecordSource['open'] {
  const [program] = spec.argv;
  const failed = (problem: string, stderr = ''): BitacoraError => {
    const said = stderr === '' ? '' : ` It said: ${stderr}`;
    const message = `The command that gives the records (${program}) ${problem}. Nothing of them was kept.${said}`;
    return new BitacoraError('SOURCE_FAILED', message, { details: { command: program } });
  };
  return async function* open(signal) {
    const output = runProgram(spec, signal, failed);
    try {
      const { form, bytes } = await detectForm(output);
      yield* readRecords(form, bytes);
    } catch (error) {
      if (!isBitacoraError(error) || !WRONG.has(error.code)) throw error;
      throw failed(`printed what cannot be read: ${error.message.replace(/\.$/, '')}`);
    } finally {
      await output.return(undefined);
    }
  };
}
