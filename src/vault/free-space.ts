import { statfs } from 'node:fs/promises';

/** What is left and what there is in all, bytes, on the file system that holds a local vault. */
export interface FreeSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Undefined where it cannot be told. */
export async function freeSpace(vaultPath: string): Promise<FreeSpace | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(vaultPath);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return undefined;
  }
}
