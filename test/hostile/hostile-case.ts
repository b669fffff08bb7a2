import { createIdHasher } from '../../src/crypto/index.js';
import { type ChunkKind, packName, type TreeEntry, uidOf } from '../../src/format/index.js';
import type { RestoreOptions } from '../../src/restore/index.js';
import { readPackHead } from '../../src/store/index.js';
import type { UserRepository } from '../../src/vault/index.js';
import { TreeMaker } from '../helpers/make-tree.js';
import { makeRawPack, type RawPack } from './raw-pack.js';

/** A scope as a hostile manifest names it. */
export interface HostileScope {
  readonly path: string | Uint8Array;
  readonly entry: TreeEntry | Uint8Array;
}

/** What somebody who has a user's keys may put into the vault, and what a reader may make of it. */
export interface HostileCase {
  readonly title: string;
  /** The root's entries of a scope `/s`, or whole scopes. */
  make(maker: HostileMaker): Promise<Content> | Content;
  /** At least one of these is thrown or listed. Left out: there is nothing to complain about, or the system decides. */
  readonly codes?: readonly string[];
  /** What the target holds after a restore; left out where it does not matter. */
  readonly left?: readonly string[];
  /** Restored as it is, beside what the snapshot claims. */
  readonly options?: Partial<RestoreOptions>;
}

export type Content = readonly TreeEntry[] | { readonly scopes: readonly HostileScope[] };

/** Makes trees and packs that a backup would never write. */
export class HostileMaker extends TreeMaker {
  readonly repository: UserRepository;

  constructor(repository: UserRepository) {
    super(repository);
    this.repository = repository;
  }

  idOf(kind: ChunkKind, bytes: Uint8Array): Uint8Array {
    const hasher = createIdHasher(this.repository.secrets.idKeys);
    const id = new Uint8Array(32);
    hasher.id(kind, bytes, id, 0);
    hasher.close();
    return id;
  }

  /** Puts a pack that says whatever it likes, and has it indexed if its head opens. */
  async rawPack(pack: RawPack): Promise<void> {
    const { backend, index, keys, secrets } = this.repository;
    const { name, bytes } = makeRawPack(secrets, pack);
    await backend.put(packName(uidOf(secrets.uid), name), { bytes });
    const { sealedHead, footer } = await readPackHead(backend, keys, name);
    await index.addPack(name, sealedHead, footer);
  }
}
