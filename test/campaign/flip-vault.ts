import { linkSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8 } from '../../src/base/index.js';
import type { Engine } from '../../src/engine/index.js';
import { closeFd, openDirectory, setXattrFd } from '../../src/posix/index.js';
import { initVault, openVault } from '../../src/vault/index.js';
import { SeededRandom } from './random.js';
import { backupPath } from './restoring.js';
import { createSwitchBackend, type Objects } from './switch-backend.js';
import { readTree, type Tree } from './tree.js';

const CHUNK_BYTES_MAX = 256 * 1024;

/** A small vault with two snapshots of everything that has a form of its own, as a set of objects. */
export interface FlipVault {
  readonly objects: Objects;
  readonly keyFile: string;
  readonly snapshots: readonly { readonly id: string; readonly tree: Tree }[];
}

/** Makes the vault below `root`, which keeps the key file and nothing else that matters. */
export async function makeFlipVault(root: string, engine: Engine): Promise<FlipVault> {
  const source = join(root, 'source');
  const path = join(root, 'made');
  const keyFile = join(root, 'key');
  const backend = createSwitchBackend();
  await initVault({ path, keyFile, backend });
  const vault = await openVault({ path, keyFile, backend });
  try {
    await vault.ensureUser('ana');
    const user = await vault.openUser('ana');
    const snapshots = [];
    for (const write of [writeFirst, writeSecond]) {
      write(source);
      const tree = readTree(source);
      snapshots.push({ id: await backupPath(user, engine, source), tree });
    }
    user.close();
    return { objects: backend.objects(), keyFile, snapshots };
  } finally {
    await vault.close();
    rmSync(source, { recursive: true });
  }
}

function writeFirst(source: string): void {
  const random = new SeededRandom(2);
  mkdirSync(join(source, 'inner/empty'), { recursive: true });
  writeFileSync(join(source, 'nothing'), '');
  writeFileSync(join(source, 'one'), 'x');
  writeFileSync(join(source, 'text'), random.text(3000));
  writeFileSync(join(source, 'inner/noise'), random.bytes(1500));
  linkSync(join(source, 'one'), join(source, 'inner/one too'));
  symlinkSync('../text', join(source, 'inner/link'));
  writeFileSync(join(source, 'sparse'), 'end');
  truncateSync(join(source, 'sparse'), 100_000);
  // Long enough for a list of chunks of its own, all the same, so that it takes next to nothing in a pack.
  writeFileSync(join(source, 'listed'), Buffer.alloc(5.5 * CHUNK_BYTES_MAX, 'x'));
  utimesSync(join(source, 'text'), 1_000_000_000, 1_000_000_000);
  const fd = openDirectory(join(source, 'inner'));
  try {
    setXattrFd(fd, utf8('user.colour'), utf8('green'));
  } catch (error) {
    // Where the file system takes none there is one form less.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTSUP')) throw error;
  } finally {
    closeFd(fd);
  }
}

function writeSecond(source: string): void {
  writeFileSync(join(source, 'text'), 'another text');
  writeFileSync(join(source, 'inner/new'), new SeededRandom(3).text(500));
  rmSync(join(source, 'listed'));
}
