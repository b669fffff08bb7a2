import { createHash } from 'node:crypto';
import { throwIfAborted, toHex, utf8 } from '../base/index.js';
import { type Change, type RecordFile, recordEntry } from '../restore/index.js';
import type { UserRepository } from '../vault/index.js';
import { stateRecordFiles } from './record-entries.js';
import { recordScopes } from './scopes.js';
import type { Selected } from './select.js';

type Store = Pick<UserRepository, 'trees' | 'chunks'>;

/** Which scopes of records only one of two states has. */
export function lackingScopes(before: Selected, after: Selected): { onlyBefore: string[]; onlyAfter: string[] } {
  const [olds, news] = [before, after].map((state) => new Set(recordScopes(state).map(({ record }) => record.scope)));
  return {
    onlyBefore: [...olds!].filter((scope) => !news!.has(scope)),
    onlyAfter: [...news!].filter((scope) => !olds!.has(scope)),
  };
}

/** The files of records that differ between two states, of the scopes that both have. Memory: a line for each file. */
export async function* recordChanges(
  store: Store,
  before: Selected,
  after: Selected,
  signal: AbortSignal,
): AsyncGenerator<Change> {
  const { onlyBefore, onlyAfter } = lackingScopes(before, after);
  const olds = new Map<string, RecordFile>();
  for await (const file of stateRecordFiles(store, before, { signal })) {
    if (!onlyBefore.includes(file.scope)) olds.set(file.path, file);
  }
  for await (const file of stateRecordFiles(store, after, { signal })) {
    if (onlyAfter.includes(file.scope)) continue;
    const old = olds.get(file.path);
    olds.delete(file.path);
    if (!old) yield await change(undefined, file);
    else if ((await recordFileDigest(old, signal)) !== (await recordFileDigest(file, signal)))
      yield await change(old, file);
  }
  for (const old of olds.values()) yield await change(old, undefined);
}

async function change(before: RecordFile | undefined, after: RecordFile | undefined): Promise<Change> {
  const [old, now] = await Promise.all(
    [before, after].map(async (file) => file && recordEntry(file, await file.size())),
  );
  const { path } = (after ?? before)!;
  return { path: utf8(path), before: old, after: now, what: old && now ? ['content'] : [] };
}

/** SHA-256 of what a file of records has in it, as hex. */
export async function recordFileDigest(file: RecordFile, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of file.bytes()) {
    throwIfAborted(signal);
    hash.update(piece);
  }
  return toHex(hash.digest());
}
