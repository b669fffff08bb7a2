import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const builtFolder = fileURLToPath(new URL('..', import.meta.url));

/** The command line tool of the same build as this bench, as `npm install` would put it on the path. */
export const cliPath = join(builtFolder, 'src', 'bundle', 'main.js');

/** What Node is given on the first line of the command line tool: what runs inside this build's modules must be given it, too. */
export const DELIVERED_FLAGS = ['--max-semi-space-size=2'] as const;

/** The program that shows what no backup can go below. */
export const barePath = join(builtFolder, 'bench', 'bare', 'main.js');

/** The program that measures delays inside one process. */
export const latencyPath = join(builtFolder, 'bench', 'latency', 'main.js');

/** The program of that name that makes histories and measures what keeping them costs. */
export function keepingPath(name: 'age' | 'prune' | 'beside' | 'small'): string {
  return join(builtFolder, 'bench', 'keeping', `${name}.js`);
}

/** Where results go; kept out of version control. */
export const resultsFolder = fileURLToPath(new URL('../../bench/results', import.meta.url));

/** Where data sets are kept from one run to the next, unless the caller names a folder. */
export function defaultCorpusFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bitacora-bench');
}
