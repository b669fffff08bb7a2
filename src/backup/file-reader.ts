import { concatBytes, errnoCode, printable, Slices } from '../base/index.js';
import {
  FILE_FIELDS,
  FILE_FLAGS,
  FILE_STATUS,
  type FilesResult,
  openSource,
  RESULT_FIELDS,
  type ReadFailure,
} from '../engine/index.js';
import { ENTRY_FLAGS, ENTRY_TYPES, type EntryContent, type ExtendedAttribute, ID_BYTES } from '../format/index.js';
import { capabilities, closeFd, dataRanges, FileStat, listXattrsFd, statFd } from '../posix/index.js';
import { ContentWriter, type NodeSink } from '../snapshot/index.js';
import type { WriteSession } from '../store/index.js';
import { keptAttributes } from './attributes.js';
import { DataLayout, type DataRun, RunJoiner } from './data-layout.js';
import { entryBytes, type Seen, seenOf } from './entry-of.js';
import type { LinkedContents } from './linked-contents.js';
import type { OrderedDirectory, Slot } from './ordered-directory.js';

/** Larger files are streamed; smaller ones travel in batches. */
const BATCH_FILE_BYTES_MOST = 2 ** 20;
const BATCH_BYTES = 1.5 * 2 ** 20;
const BATCH_FILES = 256;
const BATCH_DIRECTORIES = 64;
const SPARSE_BYTES_LEAST = 64 * 1024;

/** A file whose content must be read. */
export interface PendingFile {
  readonly directory: OrderedDirectory;
  readonly slot: Slot;
  /** The file's own name; bytes that stay. */
  readonly name: Uint8Array;
  readonly seen: Seen;
  readonly blocks: number;
  /** Ids that the parent's entry names; those need not be stored again. */
  readonly parentIds: Uint8Array | undefined;
  readonly largeClass: boolean;
  /** Where its directory lies, for messages. */
  readonly directoryPath: Uint8Array;
  /** Called instead of resolving when the file could not be read; `read` stands for it where nothing is known of it. */
  onFailure(code: string, message: string, read?: Uint8Array): void;
  /** Called besides when something of it could not be kept. */
  onProblem(code: string, message: string): void;
  onRead(bytes: number): void;
}

/** Whether a file takes less room than its size says, so that it has holes. */
function isSparse(file: PendingFile): boolean {
  const { size } = file.seen.stat;
  return size >= SPARSE_BYTES_LEAST && file.blocks * 512 < size && capabilities().holes;
}

/** Gathers files into batches for the workers, and streams the large ones. */
export class FileReader {
  readonly #session: WriteSession;
  readonly #sink: NodeSink;
  readonly #links: LinkedContents;
  readonly #racyFromSec: number;
  readonly #open = new Set<Promise<void>>();
  #batch: PendingFile[] = [];
  #bytes = 0;
  #nameBytes = 0;
  readonly #directories = new Set<OrderedDirectory>();
  #failure: unknown;

  constructor(session: WriteSession, sink: NodeSink, links: LinkedContents, racyFromSec: number) {
    this.#session = session;
    this.#sink = sink;
    this.#links = links;
    this.#racyFromSec = racyFromSec;
  }

  /** Takes a file; waits while the workers have enough to do. */
  async add(file: PendingFile): Promise<void> {
    const { size } = file.seen.stat;
    file.directory.hold();
    if (size > BATCH_FILE_BYTES_MOST || isSparse(file)) {
      await this.#ready([file]);
      const opening = openForStream(file, this.#racyFromSec);
      this.#run(this.#stream(file, opening));
      // Not before it is open is it known to the session; so few are open at once. What goes wrong is told by the stream.
      await opening.catch(() => undefined);
      return;
    }
    this.#batch.push(file);
    this.#bytes += size;
    this.#nameBytes += file.name.length;
    this.#directories.add(file.directory);
    const full = this.#batch.length >= BATCH_FILES || this.#directories.size >= BATCH_DIRECTORIES;
    if (full || this.#bytes >= BATCH_BYTES) await this.flush();
  }

  /** Sends what is gathered. */
  async flush(): Promise<void> {
    const batch = this.#batch;
    if (batch.length === 0) return;
    const bytes = this.#bytes;
    const nameBytes = this.#nameBytes;
    this.#batch = [];
    this.#bytes = 0;
    this.#nameBytes = 0;
    this.#directories.clear();
    await this.#ready(batch);
    this.#run(this.#send(batch, nameBytes, bytes));
  }

  /** Waits until every file taken has its entry. */
  async idle(): Promise<void> {
    await this.flush();
    while (this.#open.size > 0) await Promise.race(this.#open);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Gives up what was gathered; what is being read settles when the session ends. */
  abandon(): void {
    const batch = this.#batch;
    this.#batch = [];
    for (const file of batch) file.directory.release();
  }

  /** Waits until the workers can take these files, or lets go of them. */
  async #ready(files: readonly PendingFile[]): Promise<void> {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#session.ready();
    } catch (error) {
      for (const file of files) file.directory.release();
      throw error;
    }
  }

  #run(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#open.delete(tracked));
    this.#open.add(tracked);
  }

  async #send(batch: readonly PendingFile[], nameBytes: number, bytes: number): Promise<void> {
    try {
      const names = new Uint8Array(nameBytes);
      const meta = new Float64Array(batch.length * FILE_FIELDS.count);
      let offset = 0;
      batch.forEach((file, index) => {
        const at = index * FILE_FIELDS.count;
        names.set(file.name, offset);
        meta[at + FILE_FIELDS.dirfd] = file.directory.fd;
        meta[at + FILE_FIELDS.nameOffset] = offset;
        meta[at + FILE_FIELDS.nameLength] = file.name.length;
        const { stat } = file.seen;
        meta[at + FILE_FIELDS.size] = stat.size;
        meta[at + FILE_FIELDS.mtimeSec] = stat.mtimeSec;
        meta[at + FILE_FIELDS.mtimeNsec] = stat.mtimeNsec;
        meta[at + FILE_FIELDS.ctimeSec] = stat.ctimeSec;
        meta[at + FILE_FIELDS.ctimeNsec] = stat.ctimeNsec;
        meta[at + FILE_FIELDS.flags] = FILE_FLAGS.xattrs | (file.largeClass ? FILE_FLAGS.largeClass : 0);
        offset += file.name.length;
      });
      const parents = batch.map((file) => file.parentIds);
      const result = await this.#session.files(names, meta, parents, bytes);
      await this.#settle(batch, result);
    } finally {
      for (const file of batch) file.directory.release();
    }
  }

  async #settle(batch: readonly PendingFile[], result: FilesResult): Promise<void> {
    const xattrs = new Map(result.xattrs.map((found) => [found.index, found.xattrs]));
    const failures = new Map(result.failures.map((failure) => [failure.index, failure]));
    let chunk = 0;
    for (const [index, file] of batch.entries()) {
      const at = index * RESULT_FIELDS.count;
      const status = result.meta[at + RESULT_FIELDS.status];
      const count = result.meta[at + RESULT_FIELDS.chunks]!;
      if (status === FILE_STATUS.changed) {
        file.directory.hold();
        await this.#stream(file);
      } else if (status === FILE_STATUS.failed) {
        const failure = failures.get(index)!;
        file.onFailure(failure.code, failure.message);
      } else {
        const ids = result.ids.subarray(chunk * ID_BYTES, (chunk + count) * ID_BYTES);
        const content = this.#content(ids, result.lengths.subarray(chunk, chunk + count));
        this.#finish(file, file.seen, content, result.meta[at + RESULT_FIELDS.size]!, xattrs.get(index) ?? []);
      }
      chunk += count;
    }
  }

  #content(ids: Uint8Array, lengths: Uint32Array): EntryContent {
    if (lengths.length === 0) return { form: 'none' };
    if (lengths.length === 1) return { form: 'chunk', id: ids };
    const writer = new ContentWriter(this.#sink);
    writer.addChunks(ids, lengths);
    return writer.finish();
  }

  #finish(
    file: PendingFile,
    seen: Seen,
    content: EntryContent,
    size: number,
    xattrs: readonly ExtendedAttribute[],
  ): void {
    file.onRead(size);
    const kept = keptAttributes(xattrs, () => joinPath(file.directoryPath, file.name));
    let flags = file.largeClass ? ENTRY_FLAGS.largeClass : 0;
    if (kept.problem) {
      file.onProblem(kept.problem.code, kept.problem.message);
      flags |= ENTRY_FLAGS.stale;
    } else this.#links.remember(seen, content, size, xattrs);
    file.directory.resolve(file.slot, entryBytes(file.name, seen, content, { flags, size, xattrs: kept.xattrs }));
  }

  /**
   * Reads one file in one go, whatever its size. It is looked at afresh, since it may have changed since the walk saw it, and once
   * more behind its last byte: one that changed meanwhile is read anew once.
   *
   * @param opening - Its first opening; without, it was read before and had changed, and this is the last time.
   */
  async #stream(file: PendingFile, opening?: Promise<OpenedFile | ReadFailure>): Promise<void> {
    try {
      if (opening && (await this.#streamOnce(file, await opening, false)) === 'done') return;
      await this.#streamOnce(file, await openForStream(file, this.#racyFromSec), true);
    } finally {
      file.directory.release();
    }
  }

  async #streamOnce(file: PendingFile, opened: OpenedFile | ReadFailure, last: boolean): Promise<'done' | 'changed'> {
    if ('code' in opened) {
      file.onFailure(opened.code, opened.message);
      return 'done';
    }
    const { fd, seen, runs, xattrs } = opened;
    const { size } = seen.stat;
    try {
      const layout = new DataLayout(new ContentWriter(this.#sink), runs, size);
      const call = { fd, largeClass: file.largeClass, ranges: runs, size };
      const { failure } = await this.#session.stream(call, (ids, lengths) => layout.add(ids, lengths));
      if (failure) {
        file.onFailure(failure.code, failure.message);
        return 'done';
      }
      const read = layout.finish();
      if (isAsSeen(fd, seen)) {
        this.#finish(file, seen, read.content, read.size, xattrs);
        return 'done';
      }
      if (last) this.#restless(file, seen, read.content, read.size);
      return 'changed';
    } finally {
      closeFd(fd);
    }
  }

  /** A file that never keeps still: its last known state stands, or what was read where there is none, and counts as not read. */
  #restless(file: PendingFile, seen: Seen, content: EntryContent, size: number): void {
    const flags = ENTRY_FLAGS.stale | (file.largeClass ? ENTRY_FLAGS.largeClass : 0);
    const path = printable(joinPath(file.directoryPath, file.name));
    const message = `Cannot read "${path}": it changed while it was read, twice.`;
    file.onFailure('CHANGED', message, entryBytes(file.name, seen, content, { flags, size }));
  }
}

interface OpenedFile {
  readonly fd: number;
  readonly seen: Seen;
  readonly runs: readonly DataRun[] | undefined;
  readonly xattrs: readonly ExtendedAttribute[];
}

const stat = new FileStat();

/** Opens a file and looks at it, or says why that is not possible: what goes wrong here is the source's. */
async function openForStream(file: PendingFile, racyFromSec: number): Promise<OpenedFile | ReadFailure> {
  let fd: number | undefined;
  try {
    fd = openSource(file.directory.fd, file.name);
    statFd(fd, stat);
    if (!stat.isFile) throw Object.assign(new Error('It is no longer a file.'), { code: 'EINVAL' });
    const seen = seenOf(stat, ENTRY_TYPES.file, racyFromSec);
    const runs = isSparse(file) ? await runsOf(fd, seen.stat.size) : undefined;
    return { fd, seen, runs, xattrs: listXattrsFd(fd) };
  } catch (error) {
    if (fd !== undefined) closeFd(fd);
    const code = errnoCode(error);
    if (code === undefined) throw error;
    return { code, message: error instanceof Error ? error.message : code };
  }
}

/** Where a file has data. One in many scraps is looked through in slices. */
async function runsOf(fd: number, size: number): Promise<DataRun[]> {
  const joiner = new RunJoiner();
  const slices = new Slices();
  for (const run of dataRanges(fd, size)) {
    joiner.add(run);
    if (slices.over) await slices.next();
  }
  return joiner.finish(size);
}

/** Whether an open file still is what was seen of it. */
function isAsSeen(fd: number, { stat: seen }: Seen): boolean {
  statFd(fd, stat);
  return (
    stat.size === seen.size &&
    stat.mtimeSec === seen.mtimeSec &&
    stat.mtimeNsec === seen.mtimeNsec &&
    stat.ctimeSec === seen.ctimeSec &&
    stat.ctimeNsec === seen.ctimeNsec
  );
}

/** Names joined for messages. */
export function joinPath(directory: Uint8Array, name: Uint8Array): Uint8Array {
  return concatBytes([directory, Buffer.from('/'), name]);
}
