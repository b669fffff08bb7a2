import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backup, noteSnapshot } from '../../src/backup/index.js';
import { recordSource } from '../../src/backup/records/record-source.js';
import { sliceData } from '../../src/backup/records/slice-data.js';
import { type Clock, noProgress, type Random, silentLogger } from '../../src/base/index.js';
import type { Engine } from '../../src/engine/index.js';
import { checkpointUser, pruneUser } from '../../src/upkeep/index.js';
import type { UserRepository, Vault } from '../../src/vault/index.js';
import { digestOf } from '../campaign/keeping-check.js';
import { changeSmallTree, makeSmallTree, seededBytes } from './sample-trees.js';
import { type KeptSnapshot, USER } from './vaults.js';

export interface KeepingParts {
  readonly vault: Vault;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly random: Random;
  readonly path: string;
  /** The directory that is backed up; made here. */
  readonly scope: string;
}

/** What a log can hold besides whole snapshots of a tree: sessions with records, an ended scope, pins, forgets, a tombstone, a checkpoint. */
export async function fillKeeping(parts: KeepingParts): Promise<readonly KeptSnapshot[]> {
  const { vault, scope } = parts;
  makeSmallTree(scope);
  // What only the first snapshot needs is most of its pack, which is written again without it.
  const gone = join(scope, 'gone');
  writeFileSync(gone, seededBytes('gone', 100_000));
  const first = await withUser(vault, (user) => capture(parts, user));
  rmSync(gone);
  await withUser(vault, (user) => capture(parts, user, 's1'));
  changeSmallTree(scope);
  // The reference reader sets times in microseconds.
  utimesSync(scope, 1_700_000_000, 1_700_000_000);
  const pinned = await withUser(vault, (user) => capture(parts, user));
  await withUser(vault, async (user) => {
    await capture(parts, user, 's2');
    const about = { kind: 'manual', ended: ['session:s1'] } as const;
    await noteSnapshot({ ...parts, repository: user, logger: silentLogger, ...about });
    await user.log.append({ kind: 'pin', body: { backupIds: [pinned] } });
    await user.log.append({ kind: 'forget', body: { backupIds: [first] } });
  });
  for (let run = 0; run < 2; run++) await withUser(vault, (user) => prune(parts, user));
  const forgotten = await withUser(vault, (user) => capture(parts, user));
  await withUser(vault, async (user) => {
    await user.log.append({ kind: 'forget', body: { backupIds: [forgotten] } });
    const sum = await checkpointUser(user, { clock: parts.clock, logger: silentLogger, tailMost: 1 });
    if (!sum) throw new Error('There is no checkpoint.');
  });
  await withUser(vault, (user) => capture(parts, user, 's3'));
  await withUser(vault, (user) => capture(parts, user));
  return withUser(vault, (user) => keptOf(user));
}

/** Every snapshot that the log tells of, oldest first. */
export async function keptOf(user: UserRepository): Promise<KeptSnapshot[]> {
  const kept: KeptSnapshot[] = [];
  for await (const { snapshot, forgotten, givenUp, pinned } of user.snapshots.all()) {
    const { id, manifest } = snapshot;
    kept.unshift({
      id,
      scopes: manifest.scopes.map(({ scope }) => scope),
      ended: [...manifest.ended],
      forgotten,
      givenUp,
      pinned,
      digest: givenUp ? null : await digestOf(user, manifest),
    });
  }
  return kept;
}

async function withUser<T>(vault: Vault, use: (user: UserRepository) => Promise<T>): Promise<T> {
  const user = await vault.openUser(USER);
  try {
    return await use(user);
  } finally {
    user.close();
  }
}

async function capture(parts: KeepingParts, repository: UserRepository, session?: string): Promise<Uint8Array> {
  const { engine, clock, random, path, scope } = parts;
  const text = `{"actions":[{"id":1.50,"of":"${session}"},{ "id" : "b" },null],"user_config":{"theme": "dark","of":"${session}"}}`;
  const records =
    session === undefined
      ? undefined
      : recordSource(() => sliceData(Buffer.from(text)), { session, userWide: ['user_config'] });
  const { backupId, status } = await backup({
    repository,
    engine,
    clock,
    random,
    vaultPath: path,
    paths: session === undefined ? [scope] : [],
    records,
    session,
    kind: session === undefined ? 'manual' : 'session_end',
    codec: 'zstd',
    logger: silentLogger,
  });
  if (status !== 'complete') throw new Error(`The snapshot is ${status}.`);
  return backupId!;
}

async function prune({ engine, clock, vault }: KeepingParts, user: UserRepository): Promise<void> {
  const common = { clock, logger: silentLogger, progress: noProgress, opened: vault.opened };
  const { status } = await pruneUser(user, { ...common, engine, codec: 'zstd', graceMs: 0, allowLarge: true });
  if (status !== 'done') throw new Error(`The prune is ${status}.`);
}
