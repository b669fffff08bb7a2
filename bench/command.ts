import { spawn } from 'node:child_process';

/** A program to start: no shell, arguments as they are. `env` is added to the bench's own environment. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a finished program left behind; the output is cut to its last part. */
export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<number>();

/** Ends every program that is still running, with all that it started. */
export function killRunning(): void {
  for (const pid of running) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended by itself a moment ago.
    }
  }
}

const OUTPUT_CHARACTERS_KEPT = 64 * 1024;

/**
 * Runs a program to its end, with nothing on its standard input. `onStart` hears the process id.
 * Rejects when the program cannot be started or a signal ended it; any exit code is an answer.
 */
export function finish(command: Command, onStart?: (pid: number) => void): Promise<Finished> {
  const [program, ...args] = command.argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      env: { ...process.env, ...command.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, so that killRunning() reaches what stands behind GNU time as well.
      detached: true,
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] = (output[name] + text).slice(-OUTPUT_CHARACTERS_KEPT);
      });
    }
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      if (child.pid !== undefined) running.delete(child.pid);
      if (exitCode === null) reject(new Error(`${shown(command)} was ended by ${signal ?? 'a signal'}.`));
      else resolve({ exitCode, ...output });
    });
    if (child.pid === undefined) return;
    running.add(child.pid);
    onStart?.(child.pid);
  });
}

/** Runs a program that must exit with 0 and gives its standard output. */
export async function run(command: Command): Promise<string> {
  const finished = await finish(command);
  requireSuccess(command, finished);
  return finished.stdout;
}

/** Throws with the end of the program's own words unless it exited with 0: a fast failure must not count. */
export function requireSuccess(command: Command, finished: Finished): void {
  if (finished.exitCode === 0) return;
  const words = (finished.stderr.trim() || finished.stdout.trim()).split('\n').slice(-12).join('\n');
  throw new Error(`${shown(command)} exited with ${finished.exitCode}, expected 0:\n${words}`);
}

/** The command as one would type it, for messages. */
export function shown(command: Command): string {
  return command.argv.join(' ');
}
