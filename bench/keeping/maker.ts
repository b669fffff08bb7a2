import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BackupOptions, type BackupReport, backup } from '../../src/backup/index.js';
import { type Clock, noProgress, silentLogger, systemRandom } from '../../src/base/index.js';
import { loadCodecs } from '../../src/codec/index.js';
import { createEngine, type Engine } from '../../src/engine/index.js';
import { openLocalBackend, type RecordBackend, withRecord } from '../../src/storage/index.js';
import { type PrunedUser, pruneUser } from '../../src/upkeep/index.js';
import { initVault, openVault, type UserRepository, type Vault } from '../../src/vault/index.js';
import { unsyncedFileSystem } from '../sessions/unsynced.js';

/** A clock that stands until it is told to go on: years of a history are made in a minute. */
export interface MadeClock extends Clock {
  time: number;
}

/** A vault of files in this process, whose history is made by the real code, without syncing. */
export interface Maker {
  readonly vault: Vault;
  readonly engine: Engine;
  readonly clock: MadeClock;
  /** What was asked of the backend; nobody is told where the files are. Empty it often. */
  readonly calls: RecordBackend['calls'];
  capture(repository: UserRepository, what: Partial<BackupOptions>): Promise<BackupReport>;
  prune(repository: UserRepository, graceMs?: number): Promise<PrunedUser>;
  close(): Promise<void>;
}

export interface MakerOptions {
  readonly threads: number;
  /** Whether every call of the backend is written down; reads then go through the main thread. */
  readonly records?: boolean;
}

/** Opens the vault below `folder`, and makes it first where there is none. */
export async function openMaker(folder: string, { threads, records = false }: MakerOptions): Promise<Maker> {
  await loadCodecs();
  const path = join(folder, 'vault');
  const place = { path, keyFile: join(folder, 'master.key') };
  await mkdir(folder, { recursive: true });
  const clock: MadeClock = { time: Date.UTC(2030, 0, 1), now: () => clock.time, monotonic: () => clock.time };
  await initVault({ ...place, clock });
  await mkdir(join(path, 'tmp'), { recursive: true });
  const local = await openLocalBackend(path, { fileSystem: unsyncedFileSystem });
  const recorded = records ? withRecord(local, { hideLocalPaths: true }) : undefined;
  const vault = await openVault({ ...place, clock, backend: recorded ?? local, restingUsers: 4 });
  const engine = await createEngine({ threads });
  return {
    vault,
    engine,
    clock,
    calls: recorded?.calls ?? [],
    capture: (repository, what) =>
      backup({
        repository,
        vaultPath: path,
        engine,
        paths: [],
        kind: 'manual',
        clock,
        random: systemRandom,
        logger: silentLogger,
        ...what,
      }),
    prune: (repository, graceMs) =>
      pruneUser(repository, {
        engine,
        opened: vault.opened,
        clock,
        graceMs,
        allowLarge: true,
        logger: silentLogger,
        progress: noProgress,
      }),
    close: async () => {
      await engine.close();
      await vault.close();
      await local.close();
    },
  };
}

/** Seconds of the wall, and of all threads of this process. */
export interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

export async function timed(work: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work();
  const wall = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1e6 };
}
