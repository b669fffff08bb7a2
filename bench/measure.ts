import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type Command, type Finished, finish, requireSuccess } from './command.js';
import { MemoryWatch } from './memory.js';

/** What one run cost, its whole process tree included. */
export interface Cost {
  readonly wallSeconds: number;
  /** User plus system time. */
  readonly cpuSeconds: number;
  /** The larger of the biggest process's high-water mark and the biggest sum of resident sets seen. */
  readonly memoryBytes: number;
  /** The end of what it printed. */
  readonly stdout: string;
}

/**
 * Runs a command that must succeed and says what it cost. It is started through GNU `time`, which reports the
 * resource usage of all waited-for children; Node itself offers no such figure.
 */
export async function measure(command: Command): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-bench-'));
  try {
    const report = join(folder, 'usage');
    const timed: Command = { ...command, argv: ['time', '-o', report, '-f', '%U %S %M', ...command.argv] };
    const begin = performance.now();
    const { finished, summedBytes } = await watched(timed);
    const wallSeconds = (performance.now() - begin) / 1000;
    requireSuccess(command, finished);
    const usage = parseUsage(await readFile(report, 'utf8'));
    const memoryBytes = Math.max(usage.memoryBytes, summedBytes);
    return { wallSeconds, cpuSeconds: usage.cpuSeconds, memoryBytes, stdout: finished.stdout };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads the report of `time -f '%U %S %M'`; a line of its own about the exit status may come first. */
export function parseUsage(report: string): { cpuSeconds: number; memoryBytes: number } {
  const match = /^([\d.]+) ([\d.]+) (\d+)$/.exec(report.trim().split('\n').at(-1) ?? '');
  if (!match) throw new Error(`Cannot read the report of GNU time: "${report.trim()}".`);
  return { cpuSeconds: Number(match[1]) + Number(match[2]), memoryBytes: Number(match[3]) * 1024 };
}

async function watched(command: Command): Promise<{ finished: Finished; summedBytes: number }> {
  let watch: MemoryWatch | undefined;
  try {
    const finished = await finish(command, (pid) => {
      watch = new MemoryWatch(pid);
    });
    return { finished, summedBytes: (await watch?.stop()) ?? 0 };
  } catch (error) {
    if (watch !== undefined) throw error;
    throw new Error('Cannot start GNU time, which the bench measures with. Install the package "time".', {
      cause: error,
    });
  } finally {
    await watch?.stop();
  }
}
