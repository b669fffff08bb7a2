import { CommanderError } from 'commander';
import { BitacoraError, type Clock, type Random } from '../base/index.js';
import type { CommandContext, GlobalOptions } from './context.js';
import type { CliEnvironment } from './environment.js';
import { createCliLogger } from './logger.js';
import { Output, type TextSink } from './output.js';
import { createProgram } from './program.js';
import { createProgress } from './progress-line.js';
import { reportError, toBitacoraError } from './report-error.js';

/** What the command line takes from the process that it runs in. */
export interface CliHost {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly environment: CliEnvironment;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted when the command should stop. */
  readonly signal: AbortSignal;
  /** Has a hangup do this from now on, instead of aborting `signal`. */
  onHangup(listener: () => void): void;
  /** Called with the output as soon as there is one, for a host that learns that nobody reads it any more. */
  onOutput?(output: Output): void;
}

/**
 * Runs one command to its end and says how it went. Never throws.
 *
 * @param args - Without the program's own name.
 * @returns the exit code.
 */
export async function runCommandLine(args: readonly string[], host: CliHost): Promise<number> {
  const { debug } = host.environment;
  // Wanted even where the arguments cannot be parsed: whoever asks for JSON reads errors as JSON.
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  const flags = { json: own.includes('--json'), quiet: own.includes('--quiet') };
  const output = new Output({ stdout: host.stdout, stderr: host.stderr, ...flags });
  host.onOutput?.(output);
  let exitCode = 0;
  try {
    const program = createProgram({
      output,
      run: async (globals, command) => {
        exitCode = await command(createContext(globals, output, host));
      },
    });
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) exitCode = 0;
    else exitCode = fail(error instanceof CommanderError ? usageError(error) : error, output, debug);
  }
  output.flush();
  return exitCode;
}

function createContext(globals: GlobalOptions, output: Output, host: CliHost): CommandContext {
  const { clock, random, signal, stderr, environment, onHangup } = host;
  const mode = globals.quiet && globals.progress === 'auto' ? 'none' : globals.progress;
  const progress = createProgress(mode, stderr, clock);
  output.onMessage(progress.clear);
  return {
    globals,
    output,
    progress,
    logger: createCliLogger(output, environment.debug),
    clock,
    random,
    signal,
    onHangup,
  };
}

function fail(error: unknown, output: Output, debug: boolean): number {
  const known = toBitacoraError(error);
  reportError(known, output, debug);
  return known.exitCode;
}

function usageError({ code, message }: CommanderError): BitacoraError {
  if (code === 'commander.help') return new BitacoraError('USAGE', 'Which command? `bitacora --help` lists them.');
  const said = message.replace(/^error: /, '').replaceAll('\n', ' ');
  return new BitacoraError(
    'USAGE',
    `${said[0]?.toUpperCase() ?? ''}${said.slice(1)}. See \`bitacora --help\`.`.replace(/([.?)])\. See/, '$1 See'),
  );
}
