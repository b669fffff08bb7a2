import { type ChildProcess, spawn } from 'node:child_process';
import { BitacoraError, decodeUtf8, errnoCode } from '../base/index.js';
import { commandEnvironment } from './environment.js';
import type { StreamSource } from './stream-source.js';

/** A program to run. Comes from configuration only, never from a request. */
export interface ProgramSpec {
  /** The program and its arguments, given to it as they are: no shell reads them. */
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string | undefined;
  /** What its environment has besides what this program's own has. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** How long it may run in all. */
  readonly timeoutMs: number;
  /** How long it may take to end when it is asked to; 5 s unless said. */
  readonly graceMs?: number | undefined;
}

/** A program whose standard output is captured. */
export interface CommandSpec extends ProgramSpec {
  /** The name of the stream. */
  readonly name: string;
}

/** The error for a program that did not end well: what it did wrong, and the end of what it said on its error output. */
export type ProgramFailed = (problem: string, stderr: string) => BitacoraError;

const STDERR_BYTES_KEPT = 4096;
const GRACE_MS = 5000;

/**
 * The standard output of a program, which counts only if the program ends with exit code 0 in time. It runs in a process group of its
 * own, which is ended as a whole when the snapshot is cancelled or the time is up. Fails with `SOURCE_FAILED`, the end of the
 * program's error output in the message.
 */
export function commandSource(spec: CommandSpec): StreamSource {
  return {
    name: spec.name,
    open: (signal) => runProgram(spec, signal, (problem, stderr) => failed(spec, problem, stderr)),
  };
}

/** Runs a program, as `commandSource` has it, and yields its standard output. Throws what `failed` makes of a bad end. */
export async function* runProgram(
  spec: ProgramSpec,
  signal: AbortSignal,
  failed: ProgramFailed,
): AsyncGenerator<Uint8Array> {
  const [program, ...args] = spec.argv;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    env: { ...commandEnvironment(), ...spec.env },
  });
  const ended = endOf(child);
  const stderr = tailOf(child);
  let late = false;
  const stop = (): void => endGroup(child, ended, spec.graceMs ?? GRACE_MS);
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, spec.timeoutMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    try {
      yield* child.stdout!;
    } catch (error) {
      // Cut off because the time was up: that is what went wrong.
      if (!late) throw error;
    }
    const end = await ended;
    const problem = late ? `did not end within ${spec.timeoutMs / 1000} s` : end;
    if (problem !== undefined) throw failed(problem, stderr());
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Settles when the program has ended: undefined, or what was wrong with its end. Listens from the start. */
function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${errnoCode(error) ?? error.message}`));
    child.once('close', (code, killedBy) => {
      if (killedBy !== null) resolve(`was ended by ${killedBy}`);
      else resolve(code === 0 ? undefined : `ended with exit code ${code}`);
    });
  });
}

/** Keeps the end of what the program says on its error output. */
function tailOf(child: ChildProcess): () => string {
  let tail = Buffer.alloc(0);
  child.stderr!.on('data', (bytes: Buffer) => {
    tail = Buffer.concat([tail, bytes]).subarray(-STDERR_BYTES_KEPT);
  });
  return () => (decodeUtf8(tail) ?? tail.toString('latin1')).trim();
}

/** Asks the program's group to end, and after a while makes it. Does nothing once the program has ended. */
function endGroup(child: ChildProcess, ended: Promise<unknown>, graceMs: number): void {
  if (!signalGroup(child, 'SIGTERM')) return;
  const timer = setTimeout(() => {
    signalGroup(child, 'SIGKILL');
    // Somebody who left the group may still hold the other end.
    child.stdout!.destroy();
    child.stderr!.destroy();
  }, graceMs);
  void ended.then(() => clearTimeout(timer));
}

/** False where there is nothing to signal any more: its number may be another's by then. */
function signalGroup(child: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): boolean {
  const over = (child.exitCode ?? child.signalCode) !== null && child.stdout!.readableEnded;
  if (child.pid === undefined || over) return false;
  try {
    process.kill(-child.pid, name);
    return true;
  } catch (error) {
    if (errnoCode(error) !== 'ESRCH') throw error;
    return false;
  }
}

function failed({ name, argv }: CommandSpec, problem: string, stderr: string): BitacoraError {
  const said = stderr === '' ? '' : ` It said: ${stderr}`;
  const message = `The command "${argv[0]}" for the stream "${name}" ${problem}; nothing was stored.${said}`;
  return new BitacoraError('SOURCE_FAILED', message, { details: { stream: name, command: argv[0] } });
}
