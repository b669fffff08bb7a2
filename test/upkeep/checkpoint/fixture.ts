import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { silentLogger, systemClock, toHex } from '../../../src/base/index.js';
import { logPrefix, parseObjectName, uidOf } from '../../../src/format/index.js';
import { type Backend, MemoryBackend } from '../../../src/storage/index.js';
import { type Checkpointed, checkpointUser, historyOf } from '../../../src/upkeep/index.js';
import type { UserRepository, Vault } from '../../../src/vault/index.js';
import { makeVault, openUser, type Place, storeSnapshot } from '../../vault/fixture.js';

export const OPTIONS = { clock: systemClock, logger: silentLogger };

export interface Opened {
  readonly memory: MemoryBackend;
  readonly place: Place;
  readonly vault: Vault;
  readonly user: UserRepository;
}

export async function opened(t: Test, wrap: (memory: MemoryBackend) => Backend = (memory) => memory): Promise<Opened> {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open({ backend: wrap(memory) });
  t.teardown(() => vault.close());
  return { memory, place, vault, user: await openUser(vault) };
}

/** The user opened anew, the index lost where that is said. */
export async function again({ memory, place, vault }: Opened, t: Test, lost: boolean): Promise<Opened> {
  await vault.close();
  if (lost) await rm(join(place.path, 'index'), { recursive: true });
  const next = await place.open();
  t.teardown(() => next.close());
  return { memory, place, vault: next, user: await next.openUser('ana') };
}

/** A checkpoint whatever there is to sum up. */
export function summed(user: UserRepository): Promise<Checkpointed | undefined> {
  return checkpointUser(user, { ...OPTIONS, tailMost: 1 });
}

/** A snapshot; its id. */
export async function taken(user: UserRepository, label: string): Promise<Uint8Array> {
  const { entry } = await storeSnapshot(user, label);
  if (entry.entry.kind !== 'manifest') throw new TypeError('It is no manifest.');
  return entry.entry.body.backupId;
}

export async function said(
  user: UserRepository,
  kind: 'forget' | 'unforget' | 'pin' | 'unpin',
  ...backupIds: Uint8Array[]
): Promise<void> {
  await user.log.append({ kind, body: { backupIds } });
}

/** Gives snapshots up, and the packs that they brought. */
export async function givenUp(user: UserRepository, ...snapshots: Uint8Array[]): Promise<void> {
  const packs: Uint8Array[] = [];
  for (const { manifest } of await user.snapshots.list()) {
    if (snapshots.some((id) => toHex(id) === toHex(manifest.backupId))) packs.push(...manifest.packs);
  }
  await said(user, 'forget', ...snapshots);
  await user.log.append({ kind: 'tombstone', body: { packs, added: [], snapshots } });
}

/** Whatever a user can learn of their snapshots from the log, those that are given up apart. */
export async function answers(user: UserRepository): Promise<unknown> {
  const all: unknown[] = [];
  for await (const { snapshot, ...marks } of user.snapshots.all()) {
    if (!marks.givenUp) all.push({ ...marks, id: snapshot.id, time: snapshot.time, seq: snapshot.entry.seq });
  }
  const history = (await historyOf(user)).filter((one) => !one.givenUp);
  const listed = (await user.snapshots.list()).map(({ id }) => id);
  return { all, listed, history: structuredClone(history) };
}

/** Numbers of the objects of the log on the backend. */
export async function objects(backend: Backend, user: UserRepository): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { name } of backend.list(logPrefix(uidOf(user.uid)))) {
    const parsed = parseObjectName(name);
    if (parsed?.type === 'log') numbers.push(parsed.seq);
  }
  return numbers;
}
