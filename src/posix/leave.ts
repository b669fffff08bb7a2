import { fstatSync } from 'node:fs';
import { bindIfLoaded } from './native/libc.js';

const OUTPUTS = [1, 2];

/**
 * Ends the process at once where its end would otherwise wait for a disk. koffi, once loaded, syncs standard output and error when the
 * process ends; where one of them is a file whose disk fails, that never returns. Everything must be written and closed before.
 *
 * @returns only where nothing of this is to be feared: the process then ends as usual.
 */
export function leaveWithoutSync(exitCode: number): void {
  if (!OUTPUTS.some(isFile)) return;
  bindIfLoaded('int _exit(int)')?.(exitCode);
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    // Closed: there is nothing to sync.
    return false;
  }
}
