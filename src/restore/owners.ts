import { decodeUtf8 } from '../base/index.js';
import type { OwnerName, TreeEntry } from '../format/index.js';
import { ownerNames } from '../posix/index.js';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Who the program runs as; undefined where the system has no such notion. */
export interface Identity {
  readonly uid: number;
  readonly groups: ReadonlySet<number>;
}

/** Who this process may give files to. */
export function processIdentity(): Identity {
  const uid = process.geteuid?.() ?? 0;
  const groups = new Set(process.getgroups?.() ?? []);
  groups.add(process.getegid?.() ?? 0);
  return { uid, groups };
}

/**
 * Decides whom restored items belong to. Root gives them to the user and group whose *name* the snapshot noted where
 * that name exists on this machine, else to the noted id. Others can only make items of their own, and lose what
 * they may not set; how often is counted.
 */
export class OwnerMap {
  /** Items that could not be given to their owner. */
  notGiven = 0;
  readonly #identity: Identity;
  #leaf: readonly OwnerName[] | undefined;
  readonly #users = new Map<number, number>();
  readonly #groups = new Map<number, number>();

  constructor(identity: Identity = processIdentity()) {
    this.#identity = identity;
  }

  /** The owner to set, or undefined where the item stays its maker's. `names` are those of the entry's leaf. */
  ownerOf(entry: TreeEntry, names: readonly OwnerName[]): Owner | undefined {
    this.#learn(names);
    const uid = this.#users.get(entry.uid) ?? entry.uid;
    const gid = this.#groups.get(entry.gid) ?? entry.gid;
    if (this.#identity.uid === 0) return { uid, gid };
    if (uid === this.#identity.uid && this.#identity.groups.has(gid)) return { uid, gid };
    this.notGiven++;
    return undefined;
  }

  /** The permission bits to set: without its owner a set-user-id program would lend the wrong rights. */
  permissions(entry: TreeEntry, owner: Owner | undefined): number {
    return owner ? entry.mode : entry.mode & 0o1777;
  }

  #learn(names: readonly OwnerName[]): void {
    if (names === this.#leaf) return;
    this.#leaf = names;
    this.#users.clear();
    this.#groups.clear();
    const known = ownerNames();
    for (const { kind, id, name } of names) {
      const text = decodeUtf8(name);
      if (text === undefined) continue;
      const here = kind === 'user' ? known.uid(text) : known.gid(text);
      if (here !== undefined) (kind === 'user' ? this.#users : this.#groups).set(id, here);
    }
  }
}
