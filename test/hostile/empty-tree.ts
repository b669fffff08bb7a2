import { spawnSync } from 'node:child_process';

/** Removes a directory and all below it, however deep: deeper than a path may be long, and than a stack is. */
export function emptyTree(path: string): void {
  const { status, stderr } = spawnSync('rm', ['-rf', '--', path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Cannot remove "${path}": ${stderr}`);
}
