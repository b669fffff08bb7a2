import type { PackedFiles } from './open-protocol.js';

/** What a call does with a file: all of it in one go, only bytes of it, or its metadata once the bytes are there. */
export const FILE_MODES = { whole: 0, part: 1, finish: 2 } as const;
export type FileMode = (typeof FILE_MODES)[keyof typeof FILE_MODES];

/** Identity of a file that was made earlier: only the same one may be opened again. */
export interface FileIdentity {
  readonly inode: bigint;
  readonly device: number;
}

/** A file as the main thread describes it to a worker. */
export interface FileDescription {
  readonly mode: FileMode;
  readonly name: Uint8Array;
  readonly size: number;
  /** Skip blocks of zeros, so that they become holes. */
  readonly sparse: boolean;
  readonly permissions: number;
  /** Undefined: the file stays its maker's. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  readonly xattrs: readonly { readonly name: Uint8Array; readonly value: Uint8Array }[];
  /** Needed by `part` and `finish`. */
  readonly identity: FileIdentity | undefined;
}

const FLAGS = { sparse: 1, owner: 2 } as const;
const FIXED_BYTES = 64;

/** Packs files for the way to a worker: no object a file crosses between threads. */
export class FileBatch {
  count = 0;
  #bytes = Buffer.allocUnsafe(16 * 1024);
  #used = 0;
  #directories = Buffer.allocUnsafe(4 * 1024);
  #directoriesUsed = 0;
  #directoryCount = 0;
  readonly #known = new Map<object, number>();

  /**
   * Adds a file and returns its index. `directory` stands for the folder: it is told apart by identity, and `path`,
   * relative to the root, is asked for once.
   */
  add(file: FileDescription, directory: object, path: () => Uint8Array): number {
    let index = this.#known.get(directory);
    if (index === undefined) {
      index = this.#directoryCount++;
      this.#known.set(directory, index);
      this.#addDirectory(path());
    }
    let xattrBytes = 0;
    for (const { name, value } of file.xattrs) xattrBytes += 6 + name.length + value.length;
    const needed = FIXED_BYTES + file.name.length + xattrBytes;
    if (this.#used + needed > this.#bytes.length) this.#bytes = grown(this.#bytes, this.#used, needed);
    this.#put(file, index, needed);
    this.#used += needed;
    return this.count++;
  }

  finish(): PackedFiles {
    return {
      count: this.count,
      bytes: new Uint8Array(this.#bytes.subarray(0, this.#used)),
      directories: new Uint8Array(this.#directories.subarray(0, this.#directoriesUsed)),
    };
  }

  #put(file: FileDescription, directory: number, length: number): void {
    const out = this.#bytes;
    const at = this.#used;
    out.writeUInt32LE(length, at);
    out[at + 4] = file.mode;
    out[at + 5] = (file.sparse ? FLAGS.sparse : 0) | (file.owner ? FLAGS.owner : 0);
    out.writeUInt16LE(file.permissions, at + 6);
    out.writeUInt32LE(file.owner?.uid ?? 0, at + 8);
    out.writeUInt32LE(file.owner?.gid ?? 0, at + 12);
    out.writeDoubleLE(file.mtimeSec, at + 16);
    out.writeUInt32LE(file.mtimeNsec, at + 24);
    out.writeUInt32LE(directory, at + 28);
    out.writeDoubleLE(file.size, at + 32);
    out.writeBigUInt64LE(file.identity?.inode ?? 0n, at + 40);
    out.writeDoubleLE(file.identity?.device ?? 0, at + 48);
    out.writeUInt16LE(file.name.length, at + 56);
    out.writeUInt16LE(file.xattrs.length, at + 58);
    out.writeUInt32LE(0, at + 60);
    out.set(file.name, at + FIXED_BYTES);
    let end = at + FIXED_BYTES + file.name.length;
    for (const { name, value } of file.xattrs) {
      out.writeUInt16LE(name.length, end);
      out.writeUInt32LE(value.length, end + 2);
      out.set(name, end + 6);
      out.set(value, end + 6 + name.length);
      end += 6 + name.length + value.length;
    }
  }

  #addDirectory(path: Uint8Array): void {
    const needed = 4 + path.length;
    if (this.#directoriesUsed + needed > this.#directories.length) {
      this.#directories = grown(this.#directories, this.#directoriesUsed, needed);
    }
    this.#directories.writeUInt32LE(path.length, this.#directoriesUsed);
    this.#directories.set(path, this.#directoriesUsed + 4);
    this.#directoriesUsed += needed;
  }
}

function grown(buffer: Buffer, used: number, needed: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, used + needed));
  larger.set(buffer.subarray(0, used));
  return larger;
}

/** The worker's side: reads descriptions where they lie. */
export class FileBatchReader {
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #offsets: Uint32Array;
  readonly #directories: Buffer;
  readonly #directoryOffsets: number[] = [];

  constructor(files: PackedFiles) {
    this.count = files.count;
    this.#bytes = bufferOf(files.bytes);
    this.#offsets = new Uint32Array(files.count);
    for (let i = 0, at = 0; i < files.count; i++) {
      this.#offsets[i] = at;
      at += this.#bytes.readUInt32LE(at);
    }
    this.#directories = bufferOf(files.directories);
    for (let at = 0; at < this.#directories.length; at += 4 + this.#directories.readUInt32LE(at)) {
      this.#directoryOffsets.push(at);
    }
  }

  get directoryCount(): number {
    return this.#directoryOffsets.length;
  }

  directoryPath(directory: number): Uint8Array {
    const at = this.#directoryOffsets[directory]!;
    return this.#directories.subarray(at + 4, at + 4 + this.#directories.readUInt32LE(at));
  }

  mode(file: number): number {
    return this.#bytes[this.#offsets[file]! + 4]!;
  }

  sparse(file: number): boolean {
    return (this.#bytes[this.#offsets[file]! + 5]! & FLAGS.sparse) !== 0;
  }

  hasOwner(file: number): boolean {
    return (this.#bytes[this.#offsets[file]! + 5]! & FLAGS.owner) !== 0;
  }

  permissions(file: number): number {
    return this.#bytes.readUInt16LE(this.#offsets[file]! + 6);
  }

  uid(file: number): number {
    return this.#bytes.readUInt32LE(this.#offsets[file]! + 8);
  }

  gid(file: number): number {
    return this.#bytes.readUInt32LE(this.#offsets[file]! + 12);
  }

  mtimeSec(file: number): number {
    return this.#bytes.readDoubleLE(this.#offsets[file]! + 16);
  }

  mtimeNsec(file: number): number {
    return this.#bytes.readUInt32LE(this.#offsets[file]! + 24);
  }

  directory(file: number): number {
    return this.#bytes.readUInt32LE(this.#offsets[file]! + 28);
  }

  size(file: number): number {
    return this.#bytes.readDoubleLE(this.#offsets[file]! + 32);
  }

  inode(file: number): bigint {
    return this.#bytes.readBigUInt64LE(this.#offsets[file]! + 40);
  }

  device(file: number): number {
    return this.#bytes.readDoubleLE(this.#offsets[file]! + 48);
  }

  name(file: number): Uint8Array {
    const at = this.#offsets[file]!;
    return this.#bytes.subarray(at + FIXED_BYTES, at + FIXED_BYTES + this.#bytes.readUInt16LE(at + 56));
  }

  *xattrs(file: number): Generator<{ name: Uint8Array; value: Uint8Array }> {
    const start = this.#offsets[file]!;
    let at = start + FIXED_BYTES + this.#bytes.readUInt16LE(start + 56);
    for (let left = this.#bytes.readUInt16LE(start + 58); left > 0; left--) {
      const nameEnd = at + 6 + this.#bytes.readUInt16LE(at);
      const end = nameEnd + this.#bytes.readUInt32LE(at + 2);
      yield { name: this.#bytes.subarray(at + 6, nameEnd), value: this.#bytes.subarray(nameEnd, end) };
      at = end;
    }
  }

  hasXattrs(file: number): boolean {
    return this.#bytes.readUInt16LE(this.#offsets[file]! + 58) > 0;
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
