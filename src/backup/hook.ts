import { BitacoraError } from '../base/index.js';
import { type ProgramSpec, runProgram } from './command-source.js';

/**
 * Runs a program beside a backup, and waits for its end; what it prints is dropped.
 *
 * @param name - `before` or `after`, for the error.
 * @throws {BitacoraError} `HOOK_FAILED` for any end but exit code 0 in time, with the end of its error output.
 */
export async function runHook(name: string, spec: ProgramSpec, signal: AbortSignal): Promise<void> {
  const [program] = spec.argv;
  const failed = (problem: string, stderr: string): BitacoraError => {
    const said = stderr === '' ? '' : ` It said: ${stderr}`;
    return new BitacoraError('HOOK_FAILED', `The hook "${name}" (${program}) ${problem}.${said}`, {
      details: { hook: name, command: program },
    });
  };
  for await (const bytes of runProgram(spec, signal, failed)) void bytes;
}
