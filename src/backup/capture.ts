import {
  BitacoraError,
  type Clock,
  errnoCode,
  isBitacoraError,
  type Logger,
  type ProgressSink,
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
  type ScopeRecord,
  type TreeEntry,
} from '../format/index.js';
import { FileStat, listXattrsFd, openDirectory, statFd } from '../posix/index.js';
import type { NodeSink } from '../snapshot/index.js';
import { type StoredPacks, type WriteSession, withWriteSession } from '../store/index.js';
import type { UserRepository } from '../vault/index.js';
import { entryBytes, seenOf } from './entry-of.js';
import { Excludes } from './excludes.js';
import { FileReader, type PendingFile } from './file-reader.js';
import { LinkedContents } from './linked-contents.js';
import type { EntryWriter } from './ordered-directory.js';
import type { ParentTrees } from './parent-directory.js';
import type { BackupCounts } from './report.js';
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
  readonly counts: BackupCounts;
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
  /** The snapshot whose tree was merged, if there was one: of the first scope. */
  readonly parent: Uint8Array | undefined;
}

const NOTHING_STORED: StoredPacks = { packs: [], bytesAdded: 0, chunksNew: 0, bytesNew: 0 };

/** Walks the sources and stores what is new. A damaged parent tree is left aside, and everything is read again. */
export async function captureScopes(options: CaptureOptions): Promise<Capture> {
  const { repository, dryRun } = options;
  const parents = await parentScopes(options);
  if (dryRun) {
    return { scopes: await walkScopes(options, parents, undefined), stored: NOTHING_STORED, parent: parents.id };
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
    },
    (session) => walkScopes(options, parents, session),
  );
  return { scopes: value, stored, parent: parents.id };
}

interface ParentScopes {
  readonly id: Uint8Array | undefined;
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

/** The newest capture of each scope, whose tree the walk is merged with. */
async function parentScopes({ repository, sources }: CaptureOptions): Promise<ParentScopes> {
  const wanted = new Set(sources.map((source) => `path:${source.text}`));
  const entries = new Map<string, TreeEntry>();
  let id: Uint8Array | undefined;
  for await (const { manifest } of repository.snapshots.newestFirst()) {
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
  parents: ParentScopes,
  session: WriteSession | undefined,
): Promise<ScopeRecord[]> {
  const { counts, repository, started } = options;
  const hasher = createIdHasher(repository.secrets.idKeys);
  const sink: NodeSink = {
    identify(kind, bytes) {
      const id = new Uint8Array(ID_BYTES);
      hasher.id(kind, bytes, id, 0);
      return id;
    },
    add: (kind, id, bytes) => session?.addNode(kind, id, bytes),
  };
  const links = new LinkedContents();
  const racyFromSec = Math.floor((started - RACY_MS) / 1000);
  const reader = session && new FileReader(session, sink, links, racyFromSec);
  const records: ScopeRecord[] = [];
  for (const source of options.sources) {
    const scope = `path:${source.text}`;
    const before = { files: counts.files, bytes: counts.bytes };
    const parent = parents.entries.get(scope);
    const walk = new Walk({
      ...options,
      sink,
      links,
      racyFromSec,
      parents: parent && guardedTrees(options),
      read: reader ? (file) => reader.add(file) : async (file) => countOnly(file),
    });
    const entry = source.isDirectory
      ? await captureDirectory(walk, source, parent, racyFromSec, options.excludes, reader)
      : await captureFile(walk, source, parent, reader);
    const files = counts.files - before.files;
    records.push({ scope, path: source.path, entry, files, bytes: counts.bytes - before.bytes });
  }
  hasher.close();
  return records;
}

/** A dry run knows the file's place but not its content. */
function countOnly(file: PendingFile): void {
  file.onRead(file.seen.stat.size);
  file.directory.resolve(file.slot, entryBytes(file.name, file.seen, { form: 'none' }));
}

/** The parent's trees; where they cannot be read the walk goes on as if there were no parent, and stores everything again. */
function guardedTrees({ repository, logger }: CaptureOptions): ParentTrees {
  return {
    async *leaves(root) {
      try {
        yield* repository.trees.leaves(root);
      } catch (error) {
        if (!isBitacoraError(error, 'DATA_CORRUPT') && !isBitacoraError(error, 'OBJECT_MISSING')) throw error;
        logger.warn('A directory of the parent snapshot cannot be read; its files are read again.', {
          reason: error.message,
        });
      }
    },
  };
}

async function captureDirectory(
  walk: Walk,
  source: ScopeSource,
  parent: TreeEntry | undefined,
  racyFromSec: number,
  excludes: readonly string[],
  reader: FileReader | undefined,
): Promise<Uint8Array> {
  const fd = openSourceDirectory(source.text);
  const stat = statFd(fd, new FileStat());
  const seen = seenOf(stat, ENTRY_TYPES.directory, racyFromSec);
  const xattrs = listXattrsFd(fd);
  let root: Uint8Array | undefined;
  await walk.directory({
    fd,
    path: source.path,
    parentRoot: parent?.content.form === 'directory' ? parent.content.id : undefined,
    excludes: Excludes.root(excludes),
    device: stat.dev,
    done: (id) => {
      root = id;
    },
  });
  await reader?.idle();
  if (!root) throw new TypeError('The walk ended before its root was complete.');
  return entryBytes(EMPTY_NAME, seen, { form: 'directory', id: root }, { xattrs });
}

function openSourceDirectory(path: string): number {
  try {
    return openDirectory(path);
  } catch (error) {
    throw new BitacoraError('SOURCE_UNREADABLE', `Cannot back up "${path}": ${errnoCode(error) ?? String(error)}.`, {
      cause: error,
    });
  }
}

/** A scope that is one file: walked as the only entry of its directory, which itself is not kept. */
async function captureFile(
  walk: Walk,
  source: ScopeSource,
  parent: TreeEntry | undefined,
  reader: FileReader | undefined,
): Promise<Uint8Array> {
  const slash = source.text.lastIndexOf('/');
  const directory = source.text.slice(0, slash) || '/';
  const name = utf8(source.text.slice(slash + 1));
  const caught = new EntryCatcher();
  const fd = openSourceDirectory(directory);
  await walk.single(fd, utf8(source.text.slice(0, slash)), name, parent && cursorOn(parent, name), caught);
  await reader?.idle();
  if (!caught.entry) throw new BitacoraError('SOURCE_MISSING', `Cannot back up "${source.text}": it is gone.`);
  const entry = decodeEntry(new NodeReader(caught.entry, 'a directory entry'));
  return encodeEntry({ ...entry, name: EMPTY_NAME });
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
