import { statfs } from 'node:fs/promises';

/** What is left and what there is in all, bytes, on the file system that holds a local vault. */
export interface FreeSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** What this process may still write: the superuser more than is free for others. */
  readonly usableBytes: number;
}

/** Undefined where it cannot be told. */
export async function freeSpace(vaultPath: string): Promise<FreeSpace | undefined> {
  try {
    const { bavail, bfree, blocks, bsize } = await statfs(vaultPath);
    const usable = process.geteuid?.() === 0 ? bfree : bavail;
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, usableBytes: usable * bsize };
  } catch {
    return undefined;
  }
}
