import { createHash } from 'node:crypto';
import { noProgress, silentLogger, systemClock, toHex } from '../../../src/base/index.js';
import { packsPrefix, trashPrefix, uidOf } from '../../../src/format/index.js';
import { type PrunedUser, pruneUser } from '../../../src/upkeep/index.js';
import type { Setting } from '../../backup/fixture.js';

type Options = Parameters<typeof pruneUser>[1];

const DAY_MS = 24 * 3600 * 1000;

/** A clock that is set by hand; the one that never jumps goes with it unless `jump` is used. */
export function handClock(
  start = Date.now(),
): Options['clock'] & { pass(days: number): void; jump(days: number): void } {
  let wall = start;
  let monotonic = 1000;
  return {
    now: () => wall,
    monotonic: () => monotonic,
    pass(days) {
      wall += days * DAY_MS;
      monotonic += days * DAY_MS;
    },
    jump(days) {
      wall += days * DAY_MS;
    },
  };
}

/** Prunes the one user. Much may go at once unless the test says otherwise. */
export function pruned(setting: Setting, options: Partial<Options> = {}): Promise<PrunedUser> {
  const { repository, vault, engine } = setting;
  const { opened } = vault;
  const common = { clock: systemClock, logger: silentLogger, progress: noProgress, opened, allowLarge: true };
  return pruneUser(repository, { ...common, engine, ...options });
}

/** Backs up and forgets nothing; resolves with the snapshot's id and the content that it must have for ever. */
export async function snapshot(setting: Setting): Promise<{ readonly id: Uint8Array; readonly content: string }> {
  const { backupId, scopes } = await setting.run();
  return { id: backupId!, content: await contentOf(setting, scopes[0]!) };
}

export async function forget(setting: Setting, ...backupIds: Uint8Array[]): Promise<void> {
  await setting.repository.log.append({ kind: 'forget', body: { backupIds } });
}

/** What a scope holds, as one text; throws where something of it is not there or not right. */
export async function contentOf(setting: Setting, scope: Parameters<Setting['read']>[0]): Promise<string> {
  const kept = await setting.read(scope);
  return [...kept].map(([path, { bytes }]) => `${path} ${bytes ? digest(bytes) : 'directory'}`).join('\n');
}

function digest(bytes: Uint8Array): string {
  return `${bytes.length} ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}

/** The content of every snapshot that is not forgotten, by id, read through a fresh index as well where asked. */
export async function contents(setting: Setting): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { manifest } of await setting.repository.snapshots.list()) {
    found.set(toHex(manifest.backupId), await contentOf(setting, manifest.scopes[0]!));
  }
  return found;
}

/** Names of the user's packs, and of those put aside. */
export async function packs(setting: Setting): Promise<{ readonly packs: string[]; readonly trash: string[] }> {
  const uid = uidOf(setting.repository.uid);
  const under = async (prefix: string): Promise<string[]> => {
    const names: string[] = [];
    for await (const { name } of setting.repository.backend.list(prefix)) names.push(name.slice(-64));
    return names;
  };
  return { packs: await under(packsPrefix(uid)), trash: await under(trashPrefix(uid)) };
}
