import { existsSync, realpathSync } from 'node:fs';
import {
  BitacoraError,
  type Clock,
  errnoCode,
  isBitacoraError,
  type Logger,
  type ProgressSink,
  toHex,
  utf8,
} from '../base/index.js';
import type { CodecName } from '../codec/index.js';
import { createIdHasher } from '../crypto/index.js';
import type { Engine, WriteSettings } from '../engine/index.js';
import {
  decodeEntry,
  ENTRY_TYPES,
  encodeEntry,
  encodeLeaf,
  ID_BYTES,
  LeafCursor,
  NodeReader,
  packName,
  type ScopeRecord,
  type TreeEntry,
  uidOf,
} from '../format/index.js';
import {
  closeFd,
  type DirectoryListing,
  FileStat,
  listXattrsFd,
  openDirectory,
  readDirectory,
  statFd,
} from '../posix/index.js';
import type { NodeSink } from '../snapshot/index.js';
import {
  type DistrustedChunks,
  isIndexDamage,
  type StoredPacks,
  type WriteSession,
  withWriteSession,
} from '../store/index.js';
import type { UserRepository } from '../vault/index.js';
import { entryBytes, type Seen, seenOf } from './entry-of.js';
import { Excludes } from './excludes.js';
import { FileReader, type PendingFile } from './file-reader.js';
import { LinkedContents } from './linked-contents.js';
import type { EntryWriter } from './ordered-directory.js';
import { ParentDamage } from './parent-damage.js';
import type { ParentTrees } from './parent-directory.js';
import { BackupCounts } from './report.js';
import { Walk } from './walk.js';

const RACY_MS = 2000;
const PACK_BYTES_TARGET = 32 * 2 ** 20;
const EMPTY_NAME = new Uint8Array(0);

export interface ScopeSource {
  readonly path: Uint8Array;
  readonly text: string;
  readonly isDirectory: boolean;
}

export interface CaptureOptions {
  readonly repository: UserRepository;
  readonly engine: Engine;
  readonly sources: readonly ScopeSource[];
  readonly excludes: readonly string[];
  readonly oneFileSystem: boolean;
  readonly skipCaches: boolean;
  readonly maxFileBytes: number;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly codec: CodecName;
  readonly level: number | undefined;
  readonly started: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal | undefined;
}

export interface Capture {
  readonly scopes: readonly ScopeRecord[];
  readonly stored: StoredPacks;
  readonly counts: BackupCounts;
  /** The snapshot whose tree was merged, if there was one: of the first scope. */
  readonly parent: Uint8Array | undefined;
}

const NOTHING_STORED: StoredPacks = { packs: [], adopted: [], bytesAdded: 0, chunksNew: 0, bytesNew: 0 };

/**
 * Walks the sources and stores what is new. Where the parent's tree is found damaged nothing of it is relied on: everything is
 * read again, and what lay in the damaged place is stored again, so that older snapshots heal with it.
 */
export async function captureScopes(options: CaptureOptions): Promise<Capture> {
  const { repository, logger } = options;
  await forgetLostPacks(options);
  const parents = await parentScopes(options);
  try {
    return await attempt(options, parents, undefined);
  } catch (error) {
    if (!(error instanceof ParentDamage)) throw error;
    const reason = error.damage.message;
    logger.warn('The parent snapshot is damaged; everything is read again.', { user: repository.name, reason });
    return attempt(options, { id: parents.id, entries: new Map() }, { nodes: true, packs: error.packs });
  }
}

/**
 * Packs whose files are gone are no longer relied on, neither for dedup nor by way of a parent: what they held is stored again.
 * Looks at names only, and only where that costs no request.
 */
async function forgetLostPacks({ repository, logger }: CaptureOptions): Promise<void> {
  const { backend, index, uid, name: user } = repository;
  const lost = index.packNames().filter((hash) => {
    const path = backend.localPath(packName(uidOf(uid), hash));
    return path !== undefined && !existsSync(path);
  });
  if (lost.length === 0) return;
  for (const hash of lost) {
    logger.error('A pack is gone from the vault; what it held is stored again.', { user, object: toHex(hash) });
    await index.forgetPack(hash);
  }
  await index.setSuspect();
}

async function attempt(
  options: CaptureOptions,
  parents: ParentScopes,
  distrusted: DistrustedChunks | undefined,
): Promise<Capture> {
  const { repository } = options;
  const counts = new BackupCounts();
  if (options.dryRun) {
    const scopes = await walkScopes(options, counts, parents, undefined);
    return { scopes, counts, stored: NOTHING_STORED, parent: parents.id };
  }
  const settings: WriteSettings = {
    codec: options.codec,
    level: options.level,
    spoolDirectory: repository.backend.spoolDirectory(),
    packBytesTarget: PACK_BYTES_TARGET,
    smallClass: repository.chunker.small,
    largeClass: repository.chunker.large,
  };
  const { value, stored } = await withWriteSession(
    {
      engine: options.engine,
      backend: repository.backend,
      index: repository.index,
      secrets: repository.secrets,
      settings,
      signal: options.signal,
      distrusted,
    },
    (session) => walkScopes(options, counts, parents, session),
  );
  return { scopes: value, counts, stored, parent: parents.id };
}

interface ParentScopes {
  readonly id: Uint8Array | undefined;
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

/**
 * The newest capture of each scope, whose tree the walk is merged with. Snapshots from before packs were found lost are passed
 * over: what they name may have been in those, so everything is read, and what the index does not have is stored again.
 */
async function parentScopes({ repository, sources, logger }: CaptureOptions): Promise<ParentScopes> {
  const { suspectTo } = repository.index.mark;
  const wanted = new Set(sources.map((source) => `path:${source.text}`));
  const entries = new Map<string, TreeEntry>();
  let id: Uint8Array | undefined;
  for await (const { manifest, entry } of repository.snapshots.newestFirst()) {
    if (entry.seq <= suspectTo) {
      logger.warn('Older snapshots need packs that are damaged or gone; nothing is taken over from them.', {
        user: repository.name,
      });
      break;
    }
    for (const record of manifest.scopes) {
      if (!wanted.has(record.scope) || entries.has(record.scope)) continue;
      entries.set(record.scope, decodeEntry(new NodeReader(record.entry, `scope "${record.scope}"`)));
      id ??= manifest.backupId;
    }
    if (entries.size === wanted.size) break;
  }
  return { id, entries };
}

async function walkScopes(
  options: CaptureOptions,
  counts: BackupCounts,
  parents: ParentScopes,
  session: WriteSession | undefined,
): Promise<ScopeRecord[]> {
  const hasher = createIdHasher(options.repository.secrets.idKeys);
  const sink: NodeSink = {
    identify(kind, bytes) {
      const id = new Uint8Array(ID_BYTES);
      hasher.id(kind, bytes, id, 0);
      return id;
    },
    add: (kind, id, bytes) => session?.addNode(kind, id, bytes),
  };
  const links = new LinkedContents();
  const racyFromSec = (options.started - RACY_MS) / 1000;
  const reader = session && new FileReader(session, sink, links, racyFromSec);
  const walking: Walking = { options, counts, sink, links, racyFromSec, session, reader };
  try {
    const records: ScopeRecord[] = [];
    for (const source of options.sources) {
      records.push(await walkScope(walking, source, parents.entries.get(`path:${source.text}`)));
    }
    return records;
  } catch (error) {
    reader?.abandon();
    throw error;
  } finally {
    hasher.close();
  }
}

/** What the scopes of one snapshot share. */
interface Walking {
  readonly options: CaptureOptions;
  readonly counts: BackupCounts;
  readonly sink: NodeSink;
  readonly links: LinkedContents;
  readonly racyFromSec: number;
  readonly session: WriteSession | undefined;
  readonly reader: FileReader | undefined;
}

async function walkScope(walking: Walking, source: ScopeSource, parent: TreeEntry | undefined): Promise<ScopeRecord> {
  const { options, counts, session, reader } = walking;
  const { files, bytes } = counts;
  const walk = new Walk({
    ...options,
    ...walking,
    parents: parent && guardedTrees(options),
    // A file that was named is meant, whatever its size.
    maxFileBytes: source.isDirectory ? options.maxFileBytes : Number.POSITIVE_INFINITY,
    read: reader ? (file) => reader.add(file) : async (file) => countOnly(file),
    idle: async () => reader?.idle(),
    drain: async () => session?.drain(),
  });
  const entry = source.isDirectory
    ? await captureDirectory(walk, source, parent, walking)
    : await captureFile(walk, source, parent, reader);
  const scope = `path:${source.text}`;
  return { scope, path: source.path, entry, files: counts.files - files, bytes: counts.bytes - bytes };
}

/** A dry run knows the file's place but not its content. */
function countOnly(file: PendingFile): void {
  file.onRead(file.seen.stat.size);
  file.directory.resolve(file.slot, entryBytes(file.name, file.seen, { form: 'none' }));
}

/** The parent's trees; damage there is told from damage elsewhere. What only the index got wrong heals at the next opening. */
function guardedTrees({ repository }: CaptureOptions): ParentTrees {
  return {
    async *leaves(root) {
      try {
        yield* repository.trees.leaves(root);
      } catch (error) {
        if (!isBitacoraError(error, 'DATA_CORRUPT') && !isBitacoraError(error, 'OBJECT_MISSING')) throw error;
        if (!isIndexDamage(error)) throw new ParentDamage(error);
        await repository.index.distrust();
        throw error;
      }
    },
  };
}

async function captureDirectory(
  walk: Walk,
  source: ScopeSource,
  parent: TreeEntry | undefined,
  { options, racyFromSec, reader }: Walking,
): Promise<Uint8Array> {
  const { fd, seen, device, xattrs, listing } = openScope(source.text, racyFromSec);
  let root: Uint8Array | undefined;
  await walk.directory({
    fd,
    listing,
    path: source.path,
    parentRoot: parent?.content.form === 'directory' ? parent.content.id : undefined,
    excludes: Excludes.root(options.excludes),
    device,
    done: (id) => {
      root = id;
    },
  });
  await reader?.idle();
  if (!root) throw new TypeError('The walk ended before its root was complete.');
  return entryBytes(EMPTY_NAME, seen, { form: 'directory', id: root }, { xattrs });
}

interface OpenScope {
  readonly fd: number;
  readonly seen: Seen;
  readonly device: number;
  readonly xattrs: ReturnType<typeof listXattrsFd>;
  readonly listing: DirectoryListing;
}

function openScope(path: string, racyFromSec: number): OpenScope {
  const fd = openSourceDirectory(path);
  try {
    const stat = statFd(fd, new FileStat());
    const seen = seenOf(stat, ENTRY_TYPES.directory, racyFromSec);
    return { fd, seen, device: stat.dev, xattrs: listXattrsFd(fd), listing: readDirectory(fd) };
  } catch (error) {
    closeFd(fd);
    throw unreadable(path, error);
  }
}

function openSourceDirectory(path: string): number {
  try {
    return openDirectory(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): BitacoraError {
  const message = `Cannot back up "${path}": ${errnoCode(cause) ?? String(cause)}.`;
  return new BitacoraError('SOURCE_UNREADABLE', message, { cause });
}

/** A scope that is one file: walked as the only entry of its directory, which itself is not kept. A link leads to its file. */
async function captureFile(
  walk: Walk,
  source: ScopeSource,
  parent: TreeEntry | undefined,
  reader: FileReader | undefined,
): Promise<Uint8Array> {
  const path = realPath(source.text);
  const slash = path.lastIndexOf('/');
  const name = utf8(path.slice(slash + 1));
  const caught = new EntryCatcher();
  const fd = openSourceDirectory(path.slice(0, slash) || '/');
  await walk.single(fd, utf8(path.slice(0, slash)), name, parent && cursorOn(parent, name), caught);
  await reader?.idle();
  if (!caught.entry) throw new BitacoraError('SOURCE_MISSING', `Cannot back up "${source.text}": it is gone.`);
  const entry = decodeEntry(new NodeReader(caught.entry, 'a directory entry'));
  return encodeEntry({ ...entry, name: EMPTY_NAME });
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Keeps the one entry that reaches it. */
class EntryCatcher implements EntryWriter {
  entry: Uint8Array | undefined;

  add(bytes: Uint8Array, start: number, end: number): void {
    this.entry = bytes.slice(start, end);
  }

  finish(): Uint8Array {
    return EMPTY_NAME;
  }
}

/** A cursor on an entry as if it stood in a directory under `name`. */
function cursorOn(entry: TreeEntry, name: Uint8Array): LeafCursor {
  const cursor = new LeafCursor(encodeLeaf([], encodeEntry({ ...entry, name }), 1));
  cursor.next();
  return cursor;
}
