import { BitacoraError, toHex } from '../base/index.js';
import { packName, uidOf } from '../format/index.js';
import type { Backend } from '../storage/index.js';
import type { UserIndex } from './chunk-index-user.js';

/** What a session did not store itself must be where the index says it is, or the snapshot would promise too much. Throws `OBJECT_MISSING`. */
export async function checkRelied(
  backend: Backend,
  index: UserIndex,
  uid: Uint8Array,
  packs: Iterable<number>,
): Promise<void> {
  const names = [...packs].map((ordinal) => packName(uidOf(uid), index.packName(ordinal)));
  await Promise.all(
    names.map(async (name) => {
      if (await backend.stat(name)) return;
      throw new BitacoraError(
        'OBJECT_MISSING',
        `Pack "${name}" is in the index but not in the vault. Run "bitacora rebuild-index" and back up again.`,
        { details: { object: name, index: true } },
      );
    }),
  );
}

/** Of the packs that a session relied on those that no snapshot names yet, and that are not its own. */
export function adoptedPacks(index: UserIndex, own: readonly Uint8Array[], relied: Iterable<number>): Uint8Array[] {
  const stored = new Set(own.map(toHex));
  const wanted = new Set([...relied].map((ordinal) => toHex(index.packName(ordinal))));
  return index.loosePacks().filter((name) => wanted.has(toHex(name)) && !stored.has(toHex(name)));
}
