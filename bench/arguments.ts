import { parseArgs } from 'node:util';
import { KERNEL_VERSIONS } from './corpus.js';
import { defaultCorpusFolder } from './places.js';

export interface Arguments {
  readonly row?: string;
  readonly list: boolean;
  readonly rounds: number;
  readonly corpusFolder: string;
  readonly workFolder: string;
  readonly jsonFile?: string;
  readonly wait: boolean;
  /** Names of programs to run; all when absent. */
  readonly programs?: readonly string[];
  readonly releases: readonly [older: string, newer: string];
}

export const USAGE = `npm run bench -- ROW [options]     a row by its name, a workload for all of its rows, or "all"
npm run bench -- --list            the rows

  --rounds N               runs of each program at each step, in turn (default 5)
  --corpus DIR             where data sets are kept (default: the user's cache folder)
  --work DIR               where repositories and restores go: the disk to be measured (default: the corpus folder)
  --json FILE              where to write all figures (default: bench/results/ROW.json)
  --no-wait                do not let the file system rest for six minutes after the run before
  --programs A,B           only these of restic, borg, bitacora
  --releases OLDER,NEWER   other versions of Debian's linux-source-6.1`;

/** Reads the command line; throws with what was wanted. */
export function parseArguments(argv: readonly string[]): Arguments {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      rounds: { ...text, default: '5' },
      corpus: text,
      work: text,
      json: text,
      'no-wait': { type: 'boolean', default: false },
      programs: text,
      releases: text,
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`Not a number of rounds: "${values.rounds}".`);
  const [older, newer, ...more] = values.releases?.split(',') ?? KERNEL_VERSIONS;
  if (!older || !newer || more.length > 0) throw new Error(`Not two versions: "${values.releases}".`);
  const corpusFolder = values.corpus ?? defaultCorpusFolder();
  return {
    ...(positionals[0] === undefined ? {} : { row: positionals[0] }),
    list: values.list,
    wait: !values['no-wait'],
    rounds,
    corpusFolder,
    workFolder: values.work ?? corpusFolder,
    ...(values.json === undefined ? {} : { jsonFile: values.json }),
    ...(values.programs === undefined ? {} : { programs: values.programs.split(',') }),
    releases: [older, newer],
  };
}
