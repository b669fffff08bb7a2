import { createHash } from 'node:crypto';
import { type Image, type ImageFile, type Operation, overlay } from './crash-disk.js';

/** What a disk tears at: a sector is there or is not. */
export const SECTOR_BYTES = 512;

/**
 * What of a change that was not synced is there after a crash. Of a write also: nothing but the length, or its first sectors,
 * those that are `false` being zero.
 */
export type Fate = 'all' | 'none' | 'length' | readonly boolean[];

/** Indices of changes that nothing made durable before the crash. */
export function pendingAt(operations: readonly Operation[], end: number): number[] {
  const synced = new Set<number>();
  const pending: number[] = [];
  for (let i = end - 1; i >= 0; i--) {
    const operation = operations[i]!;
    if (operation.op === 'sync') synced.add(operation.node);
    else if (operation.op === 'write') {
      if (!synced.has(operation.node)) pending.push(i);
    } else if (operation.op === 'entry' || operation.op === 'unlink') {
      if (!synced.has(operation.directory)) pending.push(i);
    }
  }
  return pending.reverse();
}

/**
 * Disks as crashes leave them: the changes before the crash, each with its fate. A directory whose own name is lost is
 * gone with all that is in it.
 */
export class Crashes {
  readonly #operations: readonly Operation[];
  readonly #initial: Image;
  /** Contents by what made them, so that equal ones are one object and are hashed once. */
  readonly #contents = new Map<string, ImageFile>();
  readonly #digests = new Digests();

  /** @param initial - What the disk held before the first operation. */
  constructor(operations: readonly Operation[], initial: Image = new Map()) {
    this.#operations = operations;
    this.#initial = initial;
  }

  /** @param fates - Of pending changes; what is not named happens. */
  image(end: number, fates: ReadonlyMap<number, Fate>): Image {
    const nodes = this.#begin();
    for (let i = 0; i < end; i++) {
      const operation = this.#operations[i]!;
      const fate = fates.get(i) ?? 'all';
      if (fate === 'none') continue;
      if (operation.op === 'entry') {
        if (operation.kind === 'directory') nodes.names(operation.node);
        nodes.names(operation.directory).set(operation.name, operation.node);
      } else if (operation.op === 'unlink') nodes.names(operation.directory).delete(operation.name);
      else if (operation.op === 'write') this.#write(nodes, i, operation, fate);
    }
    const image = new Map<string, ImageFile | 'directory'>();
    nodes.collect(0, '', image);
    return image;
  }

  /** Equal for disks with the same objects; unfinished files count only as there or not. */
  digest(image: Image): string {
    const lines: string[] = [];
    let unfinished = false;
    for (const [path, content] of image) {
      if (path.startsWith('tmp/')) unfinished = true;
      else lines.push(`${path} ${content === 'directory' ? 'directory' : this.#digests.of(content)}`);
    }
    return createHash('sha256')
      .update(`${lines.sort().join('\n')}\n${unfinished}`)
      .digest('hex');
  }

  /** Numbers what the disk held as `CrashDisk` does. */
  #begin(): Nodes {
    const nodes = new Nodes();
    const numbers = new Map<string, number>([['', 0]]);
    let number = 0;
    for (const [path, content] of this.#initial) {
      numbers.set(path, ++number);
      const slash = path.lastIndexOf('/');
      nodes.names(numbers.get(path.slice(0, Math.max(0, slash)))!).set(path.slice(slash + 1), number);
      if (content === 'directory') nodes.names(number);
      else nodes.files.set(number, { key: `initial ${number}`, content });
    }
    return nodes;
  }

  #write(nodes: Nodes, index: number, { node, position, bytes }: Operation & { op: 'write' }, fate: Fate): void {
    const before = nodes.files.get(node);
    const key = `${before?.key ?? ''},${index} ${fateKey(fate)}`;
    let content = this.#contents.get(key);
    if (!content) {
      content = { bytes: overlay(before?.content.bytes ?? EMPTY.bytes, position, torn(bytes, fate)) };
      this.#contents.set(key, content);
    }
    nodes.files.set(node, { key, content });
  }
}

/** SHA-256 of contents, computed once for each. */
export class Digests {
  readonly #known = new WeakMap<ImageFile, string>();

  /** In hex. */
  of(content: ImageFile): string {
    let digest = this.#known.get(content);
    if (digest === undefined) {
      digest = createHash('sha256').update(content.bytes).digest('hex');
      this.#known.set(content, digest);
    }
    return digest;
  }
}

const EMPTY: ImageFile = { bytes: new Uint8Array(0) };

/** The files and directories of one disk, by number. */
class Nodes {
  readonly files = new Map<number, { readonly key: string; readonly content: ImageFile }>();
  readonly #directories = new Map<number, Map<string, number>>([[0, new Map()]]);

  /** What is in a directory; a new one, empty, where it was not known. */
  names(number: number): Map<string, number> {
    let names = this.#directories.get(number);
    if (!names) {
      names = new Map();
      this.#directories.set(number, names);
    }
    return names;
  }

  /** Adds everything that is reached from a directory, itself excepted. */
  collect(number: number, base: string, image: Map<string, ImageFile | 'directory'>): void {
    for (const [name, node] of this.names(number)) {
      const path = base === '' ? name : `${base}/${name}`;
      const directory = this.#directories.has(node);
      image.set(path, directory ? 'directory' : (this.files.get(node)?.content ?? EMPTY));
      if (directory) this.collect(node, path, image);
    }
  }
}

function fateKey(fate: Fate): string {
  return typeof fate === 'string' ? fate : fate.map(Number).join('');
}

function torn(bytes: Uint8Array, fate: Fate): Uint8Array {
  if (fate === 'all') return bytes;
  if (fate === 'none') return EMPTY.bytes;
  if (fate === 'length') return new Uint8Array(bytes.length);
  const kept = new Uint8Array(Math.min(bytes.length, fate.length * SECTOR_BYTES));
  fate.forEach((there, sector) => {
    const at = sector * SECTOR_BYTES;
    if (there) kept.set(bytes.subarray(at, Math.min(at + SECTOR_BYTES, kept.length)), at);
  });
  return kept;
}
