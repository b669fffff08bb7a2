import { compareBytes, toHex, utf8 } from '../../src/base/index.js';
import { createIdHasher, type IdHasher } from '../../src/crypto/index.js';
import {
  CHUNK_KINDS,
  type ChunkKind,
  ENTRY_FLAGS,
  ENTRY_TYPES,
  type EntryContent,
  type EntryType,
  encodeEntry,
  encodeLeaf,
  packName,
  type TreeEntry,
  uidOf,
} from '../../src/format/index.js';
import { readPackHead } from '../../src/store/index.js';
import type { UserRepository } from '../../src/vault/index.js';
import { makeMixedPack } from './make-pack.js';

const CHUNKS_PER_FRAME = 4;

/**
 * Builds trees entry by entry, sound or hostile, and stores them. What a backup would refuse to write can be written
 * here, sealed and authentic.
 */
export class TreeMaker {
  readonly #repository: UserRepository;
  readonly #hasher: IdHasher;
  readonly #chunks = new Map<string, { readonly kind: ChunkKind; readonly bytes: Uint8Array }>();
  #inode = 1000n;

  constructor(repository: UserRepository) {
    this.#repository = repository;
    this.#hasher = createIdHasher(repository.secrets.idKeys);
  }

  chunk(kind: ChunkKind, bytes: Uint8Array): Uint8Array {
    const id = new Uint8Array(32);
    this.#hasher.id(kind, bytes, id, 0);
    this.#chunks.set(`${kind}${toHex(id)}`, { kind, bytes });
    return id;
  }

  entry(name: string | Uint8Array, type: EntryType, content: EntryContent, more: Partial<TreeEntry> = {}): TreeEntry {
    return {
      name: typeof name === 'string' ? utf8(name) : name,
      type,
      content,
      flags: more.xattrs && more.xattrs.length > 0 ? ENTRY_FLAGS.xattrs : 0,
      mode: type === ENTRY_TYPES.directory ? 0o755 : 0o644,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      mtimeSec: 1_600_000_000,
      mtimeNsec: 123_456_789,
      ctimeSec: 1_600_000_000,
      ctimeNsec: 0,
      inode: this.#inode++,
      size: 0,
      device: 0n,
      xattrs: [],
      ...more,
    };
  }

  file(name: string | Uint8Array, bytes: string | Uint8Array, more: Partial<TreeEntry> = {}): TreeEntry {
    const plain = typeof bytes === 'string' ? utf8(bytes) : bytes;
    const content: EntryContent =
      plain.length === 0 ? { form: 'none' } : { form: 'chunk', id: this.chunk(CHUNK_KINDS.data, plain) };
    return this.entry(name, ENTRY_TYPES.file, content, { size: plain.length, ...more });
  }

  link(name: string | Uint8Array, target: string | Uint8Array, more: Partial<TreeEntry> = {}): TreeEntry {
    const bytes = typeof target === 'string' ? utf8(target) : target;
    return this.entry(
      name,
      ENTRY_TYPES.symlink,
      { form: 'link', target: bytes },
      { mode: 0o777, size: bytes.length, ...more },
    );
  }

  directory(name: string | Uint8Array, entries: readonly TreeEntry[], more: Partial<TreeEntry> = {}): TreeEntry {
    const sorted = [...entries].sort((a, b) => compareBytes(a.name, b.name));
    return this.directoryOf(name, this.leaf(sorted), more);
  }

  directoryOf(name: string | Uint8Array, id: Uint8Array, more: Partial<TreeEntry> = {}): TreeEntry {
    return this.entry(name, ENTRY_TYPES.directory, { form: 'directory', id }, more);
  }

  /** A leaf of the entries as they are given. */
  leaf(entries: readonly TreeEntry[]): Uint8Array {
    const bytes = Buffer.concat(entries.map(encodeEntry));
    return this.chunk(CHUNK_KINDS.node, encodeLeaf([], bytes, entries.length));
  }

  /** Stores everything made since the last time, data and nodes in packs of their own; returns the packs' names. */
  async store(): Promise<Uint8Array[]> {
    const names: Uint8Array[] = [];
    for (const kinds of [[CHUNK_KINDS.data], [CHUNK_KINDS.node, CHUNK_KINDS.list]]) {
      const frames = kinds.flatMap((kind) => this.#frames(kind));
      if (frames.length > 0) names.push(await this.#storePack(frames));
    }
    this.#chunks.clear();
    return names;
  }

  #frames(kind: ChunkKind): { kind: ChunkKind; chunks: Uint8Array[] }[] {
    const chunks = [...this.#chunks.values()].filter((chunk) => chunk.kind === kind).map(({ bytes }) => bytes);
    const frames = [];
    for (let at = 0; at < chunks.length; at += CHUNKS_PER_FRAME) {
      frames.push({ kind, chunks: chunks.slice(at, at + CHUNKS_PER_FRAME) });
    }
    return frames;
  }

  async #storePack(frames: readonly { kind: ChunkKind; chunks: Uint8Array[] }[]): Promise<Uint8Array> {
    const { backend, index, keys, secrets } = this.#repository;
    const { name, bytes } = makeMixedPack(secrets, frames);
    await backend.put(packName(uidOf(secrets.uid), name), { bytes });
    const { sealedHead, footer } = await readPackHead(backend, keys, name);
    await index.addPack(name, sealedHead, footer);
    return name;
  }
}
