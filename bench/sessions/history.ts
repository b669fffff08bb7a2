import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { finish, run } from '../command.js';

/** A commit of a real history, as its log has it. */
export interface Commit {
  readonly hash: string;
  readonly parents: readonly string[];
  readonly author: string;
  readonly email: string;
  /** ISO 8601 with zone. */
  readonly date: string;
  readonly subject: string;
  readonly body: string;
  readonly files: readonly { readonly path: string; readonly added: number; readonly removed: number }[];
}

/** What sessions are made from: commits, and versions of files that they changed. */
export interface History {
  /** The newest commit that was taken. */
  readonly head: string;
  readonly commits: readonly Commit[];
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** Where this project's own history is cut off, so that the data are the same for everybody who has it. */
const HEAD = '02384376c46855deaf5c3e00b826268e00bbdf83';
const repository = fileURLToPath(new URL('../../..', import.meta.url));
const FIELD = '\x1f';
const RECORD = '\x1e';

/** This project's own history up to a fixed commit, kept in the cache folder; where that commit is missing, up to what is checked out. */
export async function readHistory(cacheFolder: string): Promise<History> {
  const head = await headThere();
  const file = join(cacheFolder, `history-${head.slice(0, 12)}.json`);
  const cached = await readFile(file, 'utf8').catch(() => undefined);
  if (cached !== undefined) return JSON.parse(cached) as History;
  const history = { head, commits: await commitsOf(head), files: await filesOf(head) };
  await mkdir(cacheFolder, { recursive: true });
  await writeFile(`${file}.partial`, JSON.stringify(history));
  await rename(`${file}.partial`, file);
  return history;
}

async function headThere(): Promise<string> {
  const { exitCode } = await finish({ argv: ['git', '-C', repository, 'cat-file', '-e', `${HEAD}^{commit}`] });
  return exitCode === 0 ? HEAD : (await run({ argv: ['git', '-C', repository, 'rev-parse', 'HEAD'] })).trim();
}

async function commitsOf(head: string): Promise<Commit[]> {
  const format = ['%H', '%P', '%an', '%ae', '%aI', '%s', '%b'].join(FIELD);
  const log = await git(['log', '--reverse', '--numstat', `--format=${RECORD}${format}${FIELD}`, head]);
  return log
    .split(RECORD)
    .slice(1)
    .map((text) => {
      const [hash, parents, author, email, date, subject, body, counts] = text.split(FIELD) as [string, ...string[]];
      const files = (counts ?? '')
        .split('\n')
        .map((line) => line.split('\t'))
        .filter((fields) => fields.length === 3)
        .map(([added, removed, path]) => ({ path: path!, added: Number(added) || 0, removed: Number(removed) || 0 }));
      return {
        hash,
        parents: parents ? parents.split(' ') : [],
        author: author!,
        email: email!,
        date: date!,
        subject: subject!,
        body: (body ?? '').trim(),
        files,
      };
    });
}

/** Each version of each text file that any commit made. */
async function filesOf(head: string): Promise<History['files']> {
  const raw = await git(['log', '--reverse', '--raw', '--no-abbrev', '--no-renames', '--format=', head]);
  const files: { path: string; text: string }[] = [];
  for (const line of raw.split('\n')) {
    const [, blob, path] = /^:\d+ \d+ [0-9a-f]{40} ([0-9a-f]{40}) [AM]\t(.*)$/.exec(line) ?? [];
    if (blob === undefined || path === undefined || !/\.(ts|md|json|mjs|toml)$/.test(path)) continue;
    if (path === 'package-lock.json' || files.length >= FILES_MOST) continue;
    files.push({ path, text: await git(['cat-file', 'blob', blob]) });
  }
  return files;
}

const FILES_MOST = 2000;

/** More of the output than `run` keeps. */
async function git(args: readonly string[]): Promise<string> {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    execFile('git', ['-C', repository, ...args], { maxBuffer: 1 << 30 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
}
