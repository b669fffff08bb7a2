import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { PROGRAM } from '../helpers/delivered.js';

/** Nothing in these campaigns takes this long; a hang is a failure. */
const HANG_MS = 120_000;

/** System calls that change what is stored, by the names that strace has for them. */
export const STORAGE_CALLS = [
  'write',
  'pwrite64',
  'fsync',
  'fdatasync',
  'link',
  'linkat',
  'rename',
  'renameat',
  'renameat2',
  'unlink',
  'unlinkat',
  'mkdir',
  'mkdirat',
] as const;

/** What happens at a system call: the process dies, or the call does nothing and answers with an error. */
export type Effect = 'KILL' | 'EIO' | 'ENOSPC';

/** One fault: the `number`-th call of that name in any thread, or from that one on every further one. */
export interface Fault {
  readonly call: string;
  readonly number: number;
  readonly effect: Effect;
  readonly onwards: boolean;
  /** Counts only calls on these files; empty for all. */
  readonly paths: readonly string[];
}

export interface Outcome {
  readonly killed: boolean;
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** The one document on standard output, where it was printed whole. */
  readonly answer: Record<string, unknown> | undefined;
  readonly stderr: string;
}

/** One storage call that a command made: which of its name in its thread, and the file that it was about. */
export interface TracedCall {
  readonly call: string;
  readonly number: number;
  readonly path: string;
  readonly thread: string;
}

/** What strace is told: to bring about a fault, or to write down every storage call. */
export function straceOf(what: Fault | string): string[] {
  if (typeof what === 'string') {
    return ['--seccomp-bpf', '-y', '-s', '0', '-o', what, '-e', `trace=?${STORAGE_CALLS.join(',?')}`];
  }
  const { call, number, effect, onwards, paths } = what;
  const how = effect === 'KILL' ? 'signal=KILL' : `error=${effect}`;
  const filter = paths.flatMap((path) => ['-P', path]);
  const inject = `inject=${call}:${how}:when=${number}${onwards ? '+' : ''}`;
  // Much faster; but with this strace 6.1 sends no signal after the first call.
  const fast = effect === 'KILL' ? [] : ['--seccomp-bpf'];
  return [...fast, '-o', '/dev/null', '-e', `trace=${call}`, ...filter, '-e', inject];
}

/** Runs the command line in a process of its own, with a fault if given. */
export function runFaulty(args: readonly string[], fault?: Fault): Promise<Outcome> {
  if (!fault) return run(args, []);
  // The library for system calls syncs its standard output when it ends, and hangs where that fails.
  const env = fault.call === 'fsync' && fault.effect !== 'KILL' ? { BITACORA_NO_NATIVE: '1' } : {};
  return run(args, straceOf(fault), env);
}

/** Runs the command line undisturbed and tells every storage call that it made on files below `roots`. */
export async function traceCommand(
  args: readonly string[],
  file: string,
  roots: readonly string[],
): Promise<{ readonly outcome: Outcome; readonly calls: readonly TracedCall[] }> {
  const outcome = await run(args, straceOf(file));
  return { outcome, calls: parseTrace(readFileSync(file, 'latin1'), roots) };
}

/** The code of the error that was answered. Throws where none was, or where the program takes the fault for its own. */
export function errorCodeOf({ exitCode, signal, answer, stderr }: Outcome): string {
  const error = answer?.error as { code?: unknown; message?: unknown } | undefined;
  if (typeof error?.code !== 'string')
    throw new Error(`${signal ?? `Exit code ${exitCode}`} without an error. ${stderr}`);
  if (error.code === 'INTERNAL') throw new Error(`It takes the fault for its own: ${error.message}`);
  return error.code;
}

/** Calls in the order in which they began. */
export function parseTrace(text: string, roots: readonly string[]): TracedCall[] {
  const counts = new Map<string, number>();
  const calls: TracedCall[] = [];
  for (const line of text.split('\n')) {
    const [, thread, call, rest] = /^(\d+)\s+(\w+)\((.*)$/.exec(line) ?? [];
    if (thread === undefined || call === undefined || rest === undefined) continue;
    const number = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, number);
    const path = pathOf(rest);
    if (path && roots.some((root) => path.startsWith(root))) calls.push({ call, number, path, thread });
  }
  return calls;
}

/** The first absolute path among the arguments: an open file's, or one given as text; a name below a directory is joined. */
function pathOf(rest: string): string | undefined {
  const [, open, name] = /^\d+<(\/[^>]*)>(?:, "([^"/][^"]*)")?/.exec(rest) ?? [];
  if (open !== undefined) return name === undefined ? open : `${open}/${name}`;
  return /"(\/[^"]*)"/.exec(rest)?.[1];
}

function run(args: readonly string[], strace: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const command = [process.execPath, PROGRAM, '--json', '--progress', 'none', ...args];
  if (strace.length > 0) command.unshift('strace', '-f', ...strace);
  // One thread for the system calls of the main thread, so that their numbers mean the same in every run.
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1', ...more };
  // In a group of its own, so that one that hangs ends together with its tracer.
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const hang = setTimeout(() => {
      process.kill(-child.pid!, 'SIGKILL');
      reject(new Error(`"${args.join(' ')}" did not end in ${HANG_MS} ms. ${stderr}`));
    }, HANG_MS);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(hang);
      // strace ends as its child did: by the same signal, or with 128 and its number.
      const ended = signal ?? (code === 137 ? 'SIGKILL' : code === 134 ? 'SIGABRT' : undefined);
      const exitCode = ended === undefined ? (code ?? undefined) : undefined;
      resolve({ killed: ended === 'SIGKILL', exitCode, signal: ended, answer: parse(stdout), stderr });
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
