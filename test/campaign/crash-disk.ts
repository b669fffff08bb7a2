import { readFileSync, rmSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import type { LocalFile, LocalFileSystem } from '../../src/storage/index.js';

/** One change of a disk, or a moment worth knowing. Files and directories are numbers; 0 is the root. */
export type Operation =
  | {
      readonly op: 'entry';
      readonly directory: number;
      readonly name: string;
      readonly node: number;
      readonly kind: 'file' | 'directory';
    }
  | { readonly op: 'unlink'; readonly directory: number; readonly name: string }
  | { readonly op: 'write'; readonly node: number; readonly position: number; readonly bytes: Uint8Array }
  /** Makes what was written to a file durable, or what was changed in a directory. */
  | { readonly op: 'sync'; readonly node: number }
  /** The index was as in this copy. */
  | { readonly op: 'index'; readonly copy: string }
  /** Somebody was told something, which holds from then on. */
  | { readonly op: 'told'; readonly promise: Pledge };

/** What is acknowledged: that the vault, a snapshot or a job is there, that a job is over, what a user's record says. */
export type Pledge =
  | { readonly kind: 'vault' }
  | { readonly kind: 'snapshot'; readonly id: string }
  /** From here on it may be gone. */
  | { readonly kind: 'forgotten'; readonly id: string }
  | { readonly kind: 'setting'; readonly user: string; readonly number: number }
  /** A job that `ends` may be there or not. */
  | { readonly kind: 'job'; readonly id: string; readonly state: 'waits' | 'ends' | 'over' };

/** A file's content, shared by the disks that have it. */
export interface ImageFile {
  readonly bytes: Uint8Array;
}

/** Names below the root, outermost directories first, and what they are. */
export type Image = ReadonlyMap<string, ImageFile | 'directory'>;

interface File {
  readonly kind: 'file';
  bytes: Uint8Array;
}

interface Directory {
  readonly kind: 'directory';
  readonly names: Map<string, number>;
}

interface Found {
  readonly number: number;
  readonly node: File | Directory;
}

/**
 * A disk in memory that writes down every change and every sync, in their order. The same calls as on a real one fail in
 * the same ways. Files that others spool into its `tmp/` on the real disk are taken over when they are opened.
 */
export class CrashDisk implements LocalFileSystem {
  readonly root: string;
  readonly operations: Operation[] = [];
  readonly #nodes: (File | Directory)[] = [{ kind: 'directory', names: new Map() }];
  #told: (operation: Operation) => void = () => undefined;

  /** @param image - What the disk holds to begin with, all of it durable. */
  constructor(root: string, image: Image = new Map()) {
    this.root = root;
    for (const [path, content] of image) {
      const node: File | Directory =
        content === 'directory' ? { kind: 'directory', names: new Map() } : { kind: 'file', bytes: content.bytes };
      const parent = this.#find(dirname(`${root}/${path}`));
      if (parent?.node.kind !== 'directory') throw new TypeError(`"${path}" comes before its directory.`);
      parent.node.names.set(basename(path), this.#nodes.push(node) - 1);
    }
  }

  /** Calls `listener` behind every operation from now on. */
  watch(listener: (operation: Operation) => void): void {
    this.#told = listener;
  }

  note(operation: Operation): void {
    this.operations.push(operation);
    this.#told(operation);
  }

  async open(path: string, how: 'read' | 'create' | 'directory'): Promise<LocalFile> {
    if (how === 'create') return this.#file(this.#add(path, { kind: 'file', bytes: new Uint8Array(0) }));
    const found = this.#find(path) ?? this.#takeOver(path);
    if (!found) throw systemError('ENOENT', path);
    if (how === 'directory' && found.node.kind !== 'directory') throw systemError('ENOTDIR', path);
    return this.#file(found.number);
  }

  async link(existing: string, created: string): Promise<void> {
    const found = this.#find(existing);
    if (!found) throw systemError('ENOENT', existing);
    this.#enter(created, found.number);
  }

  async unlink(path: string): Promise<void> {
    const parent = this.#find(dirname(path));
    const found = this.#find(path);
    if (parent?.node.kind !== 'directory' || !found) throw systemError('ENOENT', path);
    if (found.node.kind === 'directory') throw systemError('EISDIR', path);
    parent.node.names.delete(basename(path));
    rmSync(path, { force: true });
    this.note({ op: 'unlink', directory: parent.number, name: basename(path) });
  }

  async mkdir(path: string): Promise<void> {
    this.#add(path, { kind: 'directory', names: new Map() });
  }

  async readdir(path: string): ReturnType<LocalFileSystem['readdir']> {
    const found = this.#find(path);
    if (!found) throw systemError('ENOENT', path);
    if (found.node.kind !== 'directory') throw systemError('ENOTDIR', path);
    return [...found.node.names].map(([name, number]) => ({ name, kind: this.#nodes[number]!.kind }));
  }

  async stat(path: string): ReturnType<LocalFileSystem['stat']> {
    const found = this.#find(path);
    if (!found) throw systemError('ENOENT', path);
    return this.#statOf(found.number);
  }

  lstat(path: string): ReturnType<LocalFileSystem['stat']> {
    return this.stat(path);
  }

  #statOf(number: number): Awaited<ReturnType<LocalFileSystem['stat']>> {
    const node = this.#nodes[number]!;
    const length = node.kind === 'file' ? node.bytes.length : 0;
    return { kind: node.kind, length, device: 1n, inode: BigInt(number) };
  }

  #file(number: number): LocalFile {
    const node = this.#nodes[number]!;
    const bytesOf = (): Uint8Array => (node.kind === 'file' ? node.bytes : new Uint8Array(0));
    return {
      write: async (bytes, position) => {
        this.#write(number, position, bytes);
        return bytes.length;
      },
      read: async (into, position) => {
        const part = bytesOf().subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      chmod: async () => undefined,
      sync: async () => this.note({ op: 'sync', node: number }),
      stat: async () => this.#statOf(number),
      close: async () => undefined,
    };
  }

  #write(number: number, position: number, bytes: Uint8Array): void {
    const node = this.#nodes[number]!;
    if (node.kind !== 'file') throw systemError('EISDIR', String(number));
    const kept = new Uint8Array(bytes);
    node.bytes = overlay(node.bytes, position, kept);
    this.note({ op: 'write', node: number, position, bytes: kept });
  }

  #add(path: string, node: File | Directory): number {
    const number = this.#nodes.push(node) - 1;
    this.#enter(path, number);
    return number;
  }

  #enter(path: string, number: number): void {
    const parent = this.#find(dirname(path));
    if (!parent) throw systemError('ENOENT', path);
    if (parent.node.kind !== 'directory') throw systemError('ENOTDIR', path);
    if (parent.node.names.has(basename(path))) throw systemError('EEXIST', path);
    parent.node.names.set(basename(path), number);
    const { kind } = this.#nodes[number]!;
    this.note({ op: 'entry', directory: parent.number, name: basename(path), node: number, kind });
  }

  #find(path: string): Found | undefined {
    let number = 0;
    for (const name of relative(this.root, path).split('/')) {
      if (name === '') continue;
      const node = this.#nodes[number]!;
      const next = node.kind === 'directory' ? node.names.get(name) : undefined;
      if (next === undefined) return undefined;
      number = next;
    }
    return { number, node: this.#nodes[number]! };
  }

  #takeOver(path: string): Found | undefined {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(path);
    } catch {
      return undefined;
    }
    this.#write(this.#add(path, { kind: 'file', bytes: new Uint8Array(0) }), 0, bytes);
    return this.#find(path);
  }
}

/** `bytes` with `part` written over them at `position`. */
export function overlay(bytes: Uint8Array, position: number, part: Uint8Array): Uint8Array {
  if (position === 0 && part.length >= bytes.length) return part;
  const whole = new Uint8Array(Math.max(bytes.length, position + part.length));
  whole.set(bytes);
  whole.set(part, position);
  return whole;
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: "${path}"`), { code });
}
