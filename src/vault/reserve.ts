import { open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, type Random, writeError } from '../base/index.js';
import { freeSpace } from './free-space.js';

const RESERVE_FILE = 'reserve';
/** Enough for entries of the log, what the index writes with them, and the first packs that a prune rewrites. */
const RESERVE_BYTES = 16 << 20;
const BLOCK_BYTES = 1 << 20;
/** Space is not taken from those who need it now. */
const FREE_FACTOR = 4;

/**
 * Keeps some space in a local vault that only forgetting and pruning may use, so that a full disk can be emptied again. Durable when it
 * resolves.
 *
 * @returns whether the reserve is there.
 * @throws {BitacoraError} `VAULT_READ_ONLY`, `BACKEND_FAILED`.
 */
export async function makeReserve(vaultPath: string, random: Random): Promise<boolean> {
  const path = join(vaultPath, RESERVE_FILE);
  if (await exists(path)) return true;
  const space = await freeSpace(vaultPath);
  if (space && space.freeBytes < RESERVE_BYTES * FREE_FACTOR) return false;
  const unfinished = `${path}.new`;
  try {
    await fill(unfinished, random);
    await rename(unfinished, path);
    return true;
  } catch (error) {
    await rm(unfinished, { force: true });
    const failure = writeError(error, 'the reserve of the vault');
    if (failure.code === 'NO_SPACE') return false;
    throw failure;
  }
}

/** How much it holds; 0 where there is none. */
export async function reserveBytes(vaultPath: string): Promise<number> {
  try {
    return (await stat(join(vaultPath, RESERVE_FILE))).size;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return 0;
    throw writeError(error, 'the reserve of the vault');
  }
}

/** Gives the reserve up. Resolves with whether there was one. */
export async function releaseReserve(vaultPath: string): Promise<boolean> {
  const path = join(vaultPath, RESERVE_FILE);
  if (!(await exists(path))) return false;
  await rm(path, { force: true });
  return true;
}

/** Random bytes: nothing that a file system compresses would be a reserve. */
async function fill(path: string, random: Random): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    const block = random.bytes(BLOCK_BYTES);
    for (let at = 0; at < RESERVE_BYTES; at += BLOCK_BYTES) await file.writeFile(block);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false;
    throw writeError(error, 'the reserve of the vault');
  }
}
