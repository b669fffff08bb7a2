import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { PROGRAM } from '../helpers/delivered.js';

/** Nothing in these campaigns takes this long; a hang is a failure. */
const HANG_MS = 120_000;

/** How a command is to die: after a time, once it has answered, or as one of its threads makes a system call the nth time. */
export type Death =
  | { readonly how: 'none' }
  | { readonly how: 'time'; readonly afterMs: number }
  | { readonly how: 'answer' }
  | { readonly how: 'call'; readonly calls: string; readonly number: number };

export interface Ended {
  readonly killed: boolean;
  /** Undefined when it was killed. */
  readonly exitCode: number | undefined;
  /** The one document on standard output, where it was printed whole. */
  readonly answer: Record<string, unknown> | undefined;
  readonly stderr: string;
}

/** Whether deaths at system calls are possible here. */
export function canTrace(): boolean {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', '-e', 'inject=fsync:signal=KILL:when=9999', 'true'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** Runs the command line in a process of its own, and kills it as told. */
export function runProgram(args: readonly string[], death: Death = { how: 'none' }): Promise<Ended> {
  const command = [process.execPath, PROGRAM, '--json', '--progress', 'none', ...args];
  if (death.how === 'call') {
    const inject = `inject=${death.calls}:signal=KILL:when=${death.number}`;
    command.unshift('strace', '-f', '-o', '/dev/null', '-e', `trace=${death.calls}`, '-e', inject);
  }
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  return watch(child, args, death);
}

function watch(child: ChildProcess, args: readonly string[], death: Death): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (death.how === 'answer' && parse(stdout)) child.kill('SIGKILL');
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const killer = death.how === 'time' ? setTimeout(() => child.kill('SIGKILL'), death.afterMs) : undefined;
    const hang = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`"${args.join(' ')}" did not end in ${HANG_MS} ms. ${stderr}`));
    }, HANG_MS);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(killer);
      clearTimeout(hang);
      const killed = signal === 'SIGKILL' || code === 137;
      resolve({ killed, exitCode: killed ? undefined : (code ?? undefined), answer: parse(stdout), stderr });
    });
  });
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
