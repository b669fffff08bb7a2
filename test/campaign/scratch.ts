import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty directory on a real file system. */
export function scratchDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `bitacora-${name}-`));
}

/** The same in memory where the system has such a place: for campaigns that open a vault thousands of times. */
export function fastScratchDirectory(name: string): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return mkdtempSync(join('/dev/shm', `bitacora-${name}-`));
  } catch {
    return scratchDirectory(name);
  }
}

export function removeScratch(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
