import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEntry, NodeReader, type ScopeRecord } from '../../src/format/index.js';
import { type ExportOptions, type ExportProblem, exportTar, type RestoreScope } from '../../src/restore/index.js';
import type { UserRepository } from '../../src/vault/index.js';

/** A manifest's scopes as the functions of this room take them. */
export function scopesOf(records: readonly ScopeRecord[]): RestoreScope[] {
  return records.map(({ scope, path, entry }) => ({
    scope,
    path,
    entry: decodeEntry(new NodeReader(entry, `the root of "${scope}"`)),
  }));
}

export interface Archive {
  readonly bytes: Buffer;
  readonly problems: readonly ExportProblem[];
}

/** The whole of an export in memory. */
export async function exportAll(
  { trees: tree, chunks }: UserRepository,
  scopes: readonly RestoreScope[],
  more: Partial<ExportOptions> = {},
): Promise<Archive> {
  const problems: ExportProblem[] = [];
  const onProblem = (problem: ExportProblem) => void problems.push(problem);
  return { bytes: await collect(exportTar({ tree, chunks, scopes, onProblem, ...more })), problems };
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

/** What GNU tar makes of an archive, in a directory of its own. It must have nothing to complain about. */
export function unpack(root: string, name: string, archive: Uint8Array): string {
  const file = join(root, `${name}.tar`);
  const directory = join(root, name);
  writeFileSync(file, archive);
  mkdirSync(directory);
  // It warns of times before 1970 and in the future, and sets them all the same.
  const options = ['--warning=no-timestamp', '--xattrs', '--xattrs-include=*', '--acls', '-xpf', file, '-C', directory];
  const { status, stderr } = spawnSync('tar', options, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  if (status !== 0 || stderr !== '') throw new Error(`tar ended with ${status}: ${stderr}`);
  return directory;
}

/** The names in an archive as GNU tar lists them, a line each. */
export function listed(archive: Uint8Array, options: readonly string[] = []): string[] {
  const text = execFileSync('tar', ['--quoting-style=escape', ...options, '-tf', '-'], {
    input: archive,
    encoding: 'utf8',
  });
  return text.split('\n').slice(0, -1);
}

/** What rsync would still do to make one tree like the other; nothing when they are equal. */
export function rsyncDifferences(original: string, copy: string, more: readonly string[] = []): string {
  const options = ['-aHAXn', '--modify-window=-1', '--delete', '--checksum', '--itemize-changes', ...more];
  const { status, stdout, stderr } = spawnSync('rsync', [...options, `${original}/`, `${copy}/`], {
    encoding: 'latin1',
  });
  return status === 0 ? stdout : `rsync ended with ${status}: ${stderr}${stdout}`;
}
