import type { FileIdentity } from '../engine/index.js';
import type { ContentItem, TreeEntry } from '../format/index.js';
import type { TargetDirectory } from './directory.js';
import type { Folder } from './folders.js';
import type { Owner } from './owners.js';

const ID_BYTES = 32;

/** A window closes at this many files, other items, directories, or chunks, whichever comes first: what a plan may cost in memory. */
const FILES_MAX = 4 * 1024;
const CHUNKS_MAX = 32 * 1024;

/** A regular file to write. */
export interface FileTask {
  readonly directory: TargetDirectory;
  readonly folder: Folder;
  readonly entry: TreeEntry;
  readonly owner: Owner | undefined;
  readonly permissions: number;
  /** It has holes; blocks of zeros become holes as well. */
  sparse: boolean;
  /** Its chunks reach over more than one window. */
  spread: boolean;
  /** The window that holds its last chunk. */
  last: Window | undefined;
  failed: boolean;
  /** Set once it was made ahead of its bytes, because they come from several ranges. */
  identity: FileIdentity | undefined;
  /** Scratch of the plan: ranges that hold its chunks, the last range counted, index in the call being built. */
  ranges: number;
  lastRange: number;
  slot: number;
  slotCall: number;
}

/** A link, fifo or device to make once the files of its window are there. */
export interface OtherTask {
  readonly directory: TargetDirectory;
  readonly entry: TreeEntry;
  readonly owner: Owner | undefined;
  readonly permissions: number;
  /** For a further name of a file: that file. */
  readonly firstName: LinkedFile | undefined;
}

/** The first name of a link group that this restore brought to the target. */
export interface LinkedFile {
  readonly folder: Folder;
  readonly name: Uint8Array;
  /** Its task, where it is written by this restore. */
  readonly task: FileTask | undefined;
}

/** A part of the tree that is planned and written together. Chunks are kept packed. */
export class Window {
  readonly files: FileTask[] = [];
  readonly others: OtherTask[] = [];
  /** Directories that end in this window, the inner ones before the outer. */
  readonly ended: TargetDirectory[] = [];
  chunks = 0;
  #ids = new Uint8Array(1024 * ID_BYTES);
  #file = new Uint32Array(1024);
  #offset = new Float64Array(1024);
  #length = new Float64Array(1024);

  get full(): boolean {
    const most = Math.max(this.files.length, this.others.length, this.ended.length);
    return most >= FILES_MAX || this.chunks >= CHUNKS_MAX;
  }

  get empty(): boolean {
    return this.files.length === 0 && this.others.length === 0 && this.ended.length === 0;
  }

  /** Adds a run of the file last pushed to `files`. Holes need no bytes. */
  addItem(item: ContentItem, offset: number): void {
    if (!item.id) return;
    if (this.chunks === this.#file.length) this.#grow();
    this.#ids.set(item.id, this.chunks * ID_BYTES);
    this.#file[this.chunks] = this.files.length - 1;
    this.#offset[this.chunks] = offset;
    this.#length[this.chunks] = item.length;
    this.chunks++;
  }

  /** All ids, 32 bytes each. */
  get ids(): Uint8Array {
    return this.#ids.subarray(0, this.chunks * ID_BYTES);
  }

  fileOf(chunk: number): FileTask {
    return this.files[this.#file[chunk]!]!;
  }

  offsetOf(chunk: number): number {
    return this.#offset[chunk]!;
  }

  lengthOf(chunk: number): number {
    return this.#length[chunk]!;
  }

  #grow(): void {
    const size = this.#file.length * 2;
    this.#ids = enlarged(this.#ids, new Uint8Array(size * ID_BYTES));
    this.#file = enlarged(this.#file, new Uint32Array(size));
    this.#offset = enlarged(this.#offset, new Float64Array(size));
    this.#length = enlarged(this.#length, new Float64Array(size));
  }
}

function enlarged<T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
