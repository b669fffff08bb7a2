import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openLocalBackend } from '../../src/storage/index.js';
import { openVault } from '../../src/vault/index.js';
import type { BenchDaemon } from './daemon.js';
import { unsyncedFileSystem } from './unsynced.js';

/** Users that are made at once. */
const TOGETHER = 32;

/** Makes users of these names in a vault that nobody has open, each with keys and a record, faster than the daemon would: without syncing. */
export async function makeUsers(daemon: BenchDaemon, names: readonly string[]): Promise<void> {
  await mkdir(join(daemon.vault, 'tmp'), { recursive: true });
  const backend = await openLocalBackend(daemon.vault, { fileSystem: unsyncedFileSystem });
  const vault = await openVault({ path: daemon.vault, keyFile: join(daemon.folder, 'master.key'), backend });
  try {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < names.length) await vault.ensureUser(names[next++]!);
    };
    await Promise.all(Array.from({ length: TOGETHER }, worker));
  } finally {
    await vault.close();
    await backend.close();
  }
}
