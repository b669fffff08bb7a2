import { constants } from 'node:fs';
import { concatBytes, errnoCode } from '../base/index.js';
import {
  FILE_FIELDS,
  FILE_FLAGS,
  FILE_STATUS,
  type FilesResult,
  RESULT_FIELDS,
  type ReadFailure,
} from '../engine/index.js';
import { ENTRY_FLAGS, ENTRY_TYPES, type EntryContent, type ExtendedAttribute, ID_BYTES } from '../format/index.js';
import { capabilities, closeFd, dataRanges, FileStat, listXattrsFd, openFileAt, statFd } from '../posix/index.js';
import { ContentWriter, type NodeSink } from '../snapshot/index.js';
import type { WriteSession } from '../store/index.js';
import { entryBytes, type Seen, seenOf } from './entry-of.js';
import type { LinkedContents } from './linked-contents.js';
import type { OrderedDirectory, Slot } from './ordered-directory.js';

/** Larger files are streamed; smaller ones travel in batches. */
const BATCH_FILE_BYTES_MOST = 2 ** 20;
const BATCH_BYTES = 1.5 * 2 ** 20;
const BATCH_FILES = 256;
const BATCH_DIRECTORIES = 64;
const SPARSE_BYTES_LEAST = 64 * 1024;
const O_NOATIME = 0o1000000;

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
  /** Called instead of resolving when the file could not be read. */
  onFailure(code: string, message: string): void;
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
      this.#run(this.#stream(file));
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
        meta[at + FILE_FIELDS.size] = file.seen.stat.size;
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
    const flags = file.largeClass ? ENTRY_FLAGS.largeClass : 0;
    this.#links.remember(seen, content, size, xattrs);
    file.directory.resolve(file.slot, entryBytes(file.name, seen, content, { flags, size, xattrs }));
  }

  /** Reads one file in one go, whatever its size. It is looked at afresh, since it may have changed since the walk saw it. */
  async #stream(file: PendingFile): Promise<void> {
    let fd: number | undefined;
    try {
      const opened = openForStream(file, this.#racyFromSec);
      if ('code' in opened) {
        file.onFailure(opened.code, opened.message);
        return;
      }
      fd = opened.fd;
      const { seen, size, ranges, xattrs } = opened;
      const layout = new StreamLayout(new ContentWriter(this.#sink), ranges, size);
      const call = { fd, pipe: false, largeClass: file.largeClass, ranges, size };
      const { failure } = await this.#session.stream(call, (ids, lengths) => layout.add(ids, lengths));
      if (failure) {
        file.onFailure(failure.code, failure.message);
        return;
      }
      const read = layout.finish();
      this.#finish(file, seen, read.content, read.size, xattrs);
    } finally {
      if (fd !== undefined) closeFd(fd);
      file.directory.release();
    }
  }
}

interface OpenedFile {
  readonly fd: number;
  readonly seen: Seen;
  readonly size: number;
  readonly ranges: readonly { readonly offset: number; readonly length: number }[] | undefined;
  readonly xattrs: readonly ExtendedAttribute[];
}

/** Opens a file and looks at it, or says why that is not possible: what goes wrong here is the source's. */
function openForStream(file: PendingFile, racyFromSec: number): OpenedFile | ReadFailure {
  let fd: number | undefined;
  try {
    fd = openQuietly(file);
    const stat = statFd(fd, new FileStat());
    if (!stat.isFile) throw Object.assign(new Error('It is no longer a file.'), { code: 'EINVAL' });
    const seen = seenOf(stat, ENTRY_TYPES.file, racyFromSec);
    const ranges = isSparse(file) ? [...dataRanges(fd, stat.size)] : undefined;
    return { fd, seen, size: stat.size, ranges, xattrs: listXattrsFd(fd) };
  } catch (error) {
    if (fd !== undefined) closeFd(fd);
    const code = errnoCode(error);
    if (code === undefined) throw error;
    return { code, message: error instanceof Error ? error.message : code };
  }
}

function openQuietly(file: PendingFile): number {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  try {
    return openFileAt(file.directory.fd, file.name, flags | O_NOATIME);
  } catch (error) {
    if (errnoCode(error) !== 'EPERM') throw error;
    return openFileAt(file.directory.fd, file.name, flags);
  }
}

/** Puts a stream's chunks and the holes between its runs of data in order. */
class StreamLayout {
  readonly #writer: ContentWriter;
  readonly #ranges: readonly { readonly offset: number; readonly length: number }[] | undefined;
  readonly #size: number;
  #range = 0;
  #left = 0;

  constructor(
    writer: ContentWriter,
    ranges: readonly { readonly offset: number; readonly length: number }[] | undefined,
    size: number,
  ) {
    this.#writer = writer;
    this.#ranges = ranges;
    this.#size = size;
    this.#enter();
  }

  add(ids: Uint8Array, lengths: Uint32Array): void {
    if (!this.#ranges) {
      this.#writer.addChunks(ids, lengths);
      return;
    }
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i]!;
      this.#writer.add(length, ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES));
      this.#left -= length;
      if (this.#left < 0) throw new TypeError('A chunk reaches over a hole.');
      if (this.#left === 0) {
        this.#range++;
        this.#enter();
      }
    }
  }

  finish(): { content: EntryContent; size: number } {
    // A file that became shorter while it was read ends inside a run; it is what it was then.
    const complete = this.#ranges && this.#range === this.#ranges.length;
    if (complete && this.#size > this.#writer.size) this.#writer.add(this.#size - this.#writer.size, undefined);
    return { content: this.#writer.finish(), size: this.#writer.size };
  }

  /** The hole before the next run. */
  #enter(): void {
    const next = this.#ranges?.[this.#range];
    if (!next) return;
    this.#writer.add(next.offset - this.#writer.size, undefined);
    this.#left = next.length;
  }
}

/** Names joined for messages. */
export function joinPath(directory: Uint8Array, name: Uint8Array): Uint8Array {
  return concatBytes([directory, Buffer.from('/'), name]);
}
