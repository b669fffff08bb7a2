import { realpathSync } from 'node:fs';
import { BitacoraError, errnoCode, type ProgressSink, utf8 } from '../base/index.js';
import {
  decodeWholeEntry,
  ENTRY_FLAGS,
  ENTRY_TYPES,
  encodeEntry,
  encodeLeaf,
  LeafCursor,
  type ScopeRecord,
  type TreeEntry,
} from '../format/index.js';
import {
  closeFd,
  type DirectoryListing,
  FileStat,
  listDirectory,
  listXattrsFd,
  openDirectory,
  statFd,
} from '../posix/index.js';
import type { NodeSink } from '../snapshot/index.js';
import type { WriteSession } from '../store/index.js';
import { keptAttributes } from './attributes.js';
import type { CaptureOptions } from './capture-options.js';
import { entryBytes, type Seen, seenOf } from './entry-of.js';
import type { EntryWriter } from './entry-writer.js';
import { Excludes } from './excludes.js';
import type { FileReader, PendingFile } from './file-reader.js';
import type { LinkedContents } from './linked-contents.js';
import { ParentQuarantine } from './parent-quarantine.js';
import { guardedTrees } from './parents.js';
import type { BackupCounts } from './report.js';
import type { PathSource, VaultIdentity } from './sources.js';
import { Walk } from './walk.js';

const EMPTY_NAME = new Uint8Array(0);

/** What the scopes of one snapshot share. */
export interface Walking {
  readonly options: CaptureOptions;
  readonly progress: ProgressSink;
  /** The vault, which the walk must not enter. */
  readonly vault: VaultIdentity | undefined;
  readonly counts: BackupCounts;
  readonly sink: NodeSink;
  readonly links: LinkedContents;
  readonly racyFromSec: number;
  readonly session: WriteSession | undefined;
  readonly reader: FileReader | undefined;
}

/** Walks one scope. Throws what makes the snapshot as a whole impossible. */
export async function walkScope(
  walking: Walking,
  source: PathSource,
  parent: TreeEntry | undefined,
): Promise<ScopeRecord> {
  const { options, counts, session, reader } = walking;
  const { files, bytes } = counts;
  const quarantine = new ParentQuarantine(options.repository);
  const walk = new Walk({
    ...options,
    ...walking,
    parents: parent && guardedTrees(options.repository, quarantine),
    // A file that was named is meant, whatever its size.
    maxFileBytes: source.isDirectory ? options.maxFileBytes : Number.POSITIVE_INFINITY,
    read: reader ? (file) => reader.add(file) : async (file) => countOnly(file),
    idle: async () => reader?.idle(),
    drain: async () => session?.drain(),
  });
  const entry = source.isDirectory
    ? await captureDirectory(walk, source, parent, walking)
    : await captureFile(walk, source, parent && (await quarantine.holds(parent)) ? undefined : parent, reader);
  return { scope: source.scope, path: source.path, entry, files: counts.files - files, bytes: counts.bytes - bytes };
}

/** A dry run knows the file's place but not its content. */
function countOnly(file: PendingFile): void {
  file.onRead(file.seen.stat.size);
  file.directory.resolve(file.slot, entryBytes(file.name, file.seen, { form: 'none' }));
}

async function captureDirectory(
  walk: Walk,
  source: PathSource,
  parent: TreeEntry | undefined,
  { options, counts, racyFromSec, reader }: Walking,
): Promise<Uint8Array> {
  const { fd, seen, device, xattrs: found, listing } = await openScope(source.text, racyFromSec);
  const { xattrs, problem } = keptAttributes(found, () => source.path);
  if (problem) counts.fail(source.path, problem.code, problem.message);
  let root: Uint8Array | undefined;
  await walk.directory({
    fd,
    listing,
    path: source.path,
    parentRoot: parent?.content.form === 'directory' ? parent.content.id : undefined,
    excludes: Excludes.root(options.excludes),
    device,
    depth: 0,
    done: (id) => {
      root = id;
    },
  });
  await reader?.idle();
  if (!root) throw new TypeError('The walk ended before its root was complete.');
  return entryBytes(
    EMPTY_NAME,
    seen,
    { form: 'directory', id: root },
    { xattrs, flags: problem ? ENTRY_FLAGS.stale : 0 },
  );
}

interface OpenScope {
  readonly fd: number;
  readonly seen: Seen;
  readonly device: number;
  readonly xattrs: ReturnType<typeof listXattrsFd>;
  readonly listing: DirectoryListing;
}

async function openScope(path: string, racyFromSec: number): Promise<OpenScope> {
  const fd = openSourceDirectory(path);
  try {
    const stat = statFd(fd, new FileStat());
    const seen = seenOf(stat, ENTRY_TYPES.directory, racyFromSec);
    return { fd, seen, device: stat.dev, xattrs: listXattrsFd(fd), listing: await listDirectory(fd) };
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
  source: PathSource,
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
  const entry = decodeWholeEntry(caught.entry, 'a directory entry');
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
