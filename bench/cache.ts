import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { run } from './command.js';

/** Writes out what earlier runs left dirty, so that nobody's fsync pays for somebody else's bytes. */
export async function settle(): Promise<void> {
  await run({ argv: ['sync'] });
}

/**
 * Reads every file below the paths, so that each run starts from the page cache whatever the program before
 * it pushed out (Borg drops what it has read).
 */
export function warm(paths: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('find', [...paths, '-type', 'f', '-exec', 'cat', '{}', '+'], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`Cannot read all of ${paths.join(', ')}.`)),
    );
  });
}

/** Empties the page, dentry and inode caches. False where the system does not allow it. */
export async function drop(): Promise<boolean> {
  await settle();
  return writeFile('/proc/sys/vm/drop_caches', '3\n').then(
    () => true,
    () => false,
  );
}
