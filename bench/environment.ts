import { cpus, loadavg, release, totalmem } from 'node:os';
import { run } from './command.js';
import type { Program } from './program.js';

export interface Environment {
  readonly date: string;
  readonly processor: string;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  readonly fileSystem: string;
  /** Load of the minute before the first run: above a fraction of one, times mean little. */
  readonly loadBefore: number;
  readonly programs: readonly { readonly name: string; readonly version: string; readonly settings: string }[];
}

/** Describes the machine and the programs, as far as a reader needs it to judge the figures. */
export async function environment(present: readonly Present[], workFolder: string): Promise<Environment> {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    processor: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
    memoryBytes: totalmem(),
    system: `Linux ${release()}`,
    node: process.version,
    fileSystem: await fileSystemOf(workFolder),
    loadBefore: loadavg()[0] ?? 0,
    programs: present.map(({ program, version }) => ({ name: program.name, version, settings: program.settings })),
  };
}

async function fileSystemOf(folder: string): Promise<string> {
  const lines = await run({ argv: ['df', '--output=fstype', folder] });
  return lines.trim().split('\n').at(-1) ?? 'unknown';
}

export interface Present {
  readonly program: Program;
  readonly version: string;
}

/** Those of the programs that answer when asked for their version. */
export async function presentAmong(programs: readonly Program[]): Promise<Present[]> {
  const answers = await Promise.all(
    programs.map(async (program) => {
      const output = await run(program.versionCommand).catch(() => undefined);
      return output === undefined ? [] : [{ program, version: output.trim().split('\n')[0] ?? '' }];
    }),
  );
  return answers.flat();
}
