import { createHash } from 'node:crypto';
import { toHex } from '../../src/base/index.js';
import {
  CHUNK_KINDS,
  decodeWholeEntry,
  type Manifest,
  packsPrefix,
  trashPrefix,
  uidOf,
} from '../../src/format/index.js';
import type { MemoryBackend } from '../../src/storage/index.js';
import { readPackHead } from '../../src/store/index.js';
import { referencesOfEntry, referencesOfNode } from '../../src/upkeep/prune/references.js';
import type { UserRepository } from '../../src/vault/index.js';
import { readScope } from '../backup/fixture.js';

/** What a pack holds: ids in hex, and what it takes. */
interface PackFacts {
  readonly ids: readonly string[];
  readonly length: number;
}

/** What a user's objects are, as the backend has them: nothing of the index is asked. */
export interface StoredFacts {
  /** Ids that a rebuild would find. */
  readonly available: ReadonlySet<string>;
  readonly packs: readonly PackFacts[];
  /** Names of what is aside. */
  readonly trash: readonly string[];
}

/** Heads of packs are read once: they never change. */
export class PackCache {
  readonly #packs = new Map<string, PackFacts>();

  async facts(memory: MemoryBackend, repository: UserRepository): Promise<StoredFacts> {
    const { keys, uid, log } = repository;
    const buried = new Set<string>();
    for await (const { entry } of log.newestFirst()) {
      if (entry.kind === 'tombstone') for (const pack of entry.body.packs) buried.add(toHex(pack));
    }
    const packs: PackFacts[] = [];
    const available = new Set<string>();
    for await (const { name, length } of memory.list(packsPrefix(uidOf(uid)))) {
      const pack = name.slice(-64);
      if (buried.has(pack)) continue;
      let known = this.#packs.get(pack);
      if (!known) {
        const { footer } = await readPackHead(memory, keys, Buffer.from(pack, 'hex'));
        const ids = Array.from({ length: footer.chunkCount }, (_, i) =>
          toHex(footer.ids.subarray(i * 32, i * 32 + 32)),
        );
        known = { ids, length };
        this.#packs.set(pack, known);
      }
      packs.push(known);
      for (const id of known.ids) available.add(id);
    }
    const trash: string[] = [];
    for await (const { name } of memory.list(trashPrefix(uidOf(uid)))) trash.push(name);
    return { available, packs, trash };
  }
}

/** Ids of all chunks that a snapshot needs. */
export async function needsOf(repository: UserRepository, { scopes }: Manifest): Promise<ReadonlySet<string>> {
  const needs = new Set<string>();
  const waiting = scopes.flatMap(({ entry, scope }) => [...referencesOfEntry(decodeWholeEntry(entry, scope))]);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (needs.has(toHex(next.id))) continue;
    needs.add(toHex(next.id));
    if (next.kind === CHUNK_KINDS.data) continue;
    const bytes = await repository.chunks.read(next.kind, next.id);
    for (const { kind, id } of referencesOfNode(next.kind, bytes)) waiting.push({ kind, id: new Uint8Array(id) });
  }
  return needs;
}

/** What a snapshot holds, as one short text. */
export async function digestOf(repository: UserRepository, { scopes }: Manifest): Promise<string> {
  const hash = createHash('sha256');
  for (const scope of scopes) {
    for (const [path, { bytes }] of await readScope(repository, scope)) {
      hash.update(`${scope.scope}\0${path}\0${bytes?.length ?? -1}\0`);
      if (bytes) hash.update(bytes);
    }
  }
  return hash.digest('hex').slice(0, 32);
}
