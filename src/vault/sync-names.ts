import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode } from '../base/index.js';

/** Makes the names of new directories durable, from those in `directory` up to those in `last`. Throws the system's errors. */
export async function syncUpTo(directory: string, last: string): Promise<void> {
  await syncDirectory(directory);
  if (directory !== last && dirname(directory) !== directory) await syncUpTo(dirname(directory), last);
}

async function syncDirectory(directory: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    // One that may be written to and not read cannot be synced by anybody but its owner.
    if (errnoCode(error) === 'EACCES') return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
