import { type BigIntStats, closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { joinPath } from '../../api/index.js';
import { asBuffer, equalBytes, errnoCode, printable } from '../../base/index.js';
import { closeFd, listXattrsAt, openDirectory, type Xattr } from '../../posix/index.js';

const BLOCK_BYTES = 1 << 20;
const LISTED_MAX = 20;
const TYPE_BITS = 0o170000n;
const [DIRECTORY, FILE, LINK] = [0o040000n, 0o100000n, 0o120000n];

export interface Comparison {
  /** Entries of the original that were looked at. */
  readonly entries: number;
  readonly bytes: number;
  readonly differences: number;
  /** The first of them, printable. */
  readonly listed: readonly string[];
  /** Entries of the original that the copy lacks, among the differences. */
  readonly missing: number;
}

export interface CompareOptions {
  /** Owners are kept only where root restores. */
  readonly owners: boolean;
  /** How far apart two times may be: they are written exactly only through the C library. */
  readonly slackNs: bigint;
}

/** Compares a tree with its restored copy: bytes, names, types, modes, owners, times to the nanosecond, links, attributes. */
export function compareTrees(original: Uint8Array, copy: Uint8Array, options: CompareOptions): Comparison {
  const comparer = new Comparer(options);
  comparer.pair(original, copy);
  return comparer;
}

class Comparer implements Comparison {
  entries = 0;
  bytes = 0;
  differences = 0;
  missing = 0;
  readonly listed: string[] = [];
  readonly #options: CompareOptions;
  /** Where the copy has a file of several names, by the original's inode. */
  readonly #links = new Map<string, string>();
  readonly #left = Buffer.alloc(BLOCK_BYTES);
  readonly #right = Buffer.alloc(BLOCK_BYTES);

  constructor(options: CompareOptions) {
    this.#options = options;
  }

  pair(original: Uint8Array, copy: Uint8Array): void {
    const a = lstatSync(asBuffer(original), { bigint: true });
    this.entries++;
    let b: BigIntStats;
    try {
      b = lstatSync(asBuffer(copy), { bigint: true });
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw error;
      this.missing++;
      this.#differ(original, 'is missing');
      return;
    }
    this.#compareStats(original, a, b);
    const type = a.mode & TYPE_BITS;
    if (type !== (b.mode & TYPE_BITS)) return;
    if (type === FILE) this.#compareBytes(original, copy, a);
    else if (type === LINK) this.#compareTargets(original, copy);
    else if (type === DIRECTORY) this.#compareChildren(original, copy);
  }

  #differ(path: Uint8Array, how: string): void {
    this.differences++;
    if (this.listed.length < LISTED_MAX) this.listed.push(`${printable(path)} ${how}`);
  }

  #compareStats(path: Uint8Array, a: BigIntStats, b: BigIntStats): void {
    if (a.mode !== b.mode) this.#differ(path, `has mode ${b.mode.toString(8)}, not ${a.mode.toString(8)}`);
    const apart = a.mtimeNs - b.mtimeNs;
    if (apart > this.#options.slackNs || -apart > this.#options.slackNs)
      this.#differ(path, `has time ${b.mtimeNs} ns, not ${a.mtimeNs} ns`);
    const isFile = (a.mode & TYPE_BITS) === FILE;
    if (isFile && a.size !== b.size) this.#differ(path, `has ${b.size} bytes, not ${a.size}`);
    if (this.#options.owners && (a.uid !== b.uid || a.gid !== b.gid)) this.#differ(path, 'has another owner');
    if (isFile && a.nlink > 1n) this.#compareLinks(path, a, b);
  }

  /** Names of one file must be names of one file again. */
  #compareLinks(path: Uint8Array, a: BigIntStats, b: BigIntStats): void {
    const key = `${a.dev}:${a.ino}`;
    const there = `${b.dev}:${b.ino}`;
    const known = this.#links.get(key);
    if (known === undefined) this.#links.set(key, there);
    else if (known !== there) this.#differ(path, 'is no longer the same file as its other name');
  }

  #compareTargets(original: Uint8Array, copy: Uint8Array): void {
    const [a, b] = [original, copy].map((path) => readlinkSync(asBuffer(path), { encoding: 'buffer' }));
    if (!equalBytes(a!, b!)) this.#differ(original, 'points elsewhere');
  }

  #compareBytes(original: Uint8Array, copy: Uint8Array, stat: BigIntStats): void {
    const a = openSync(asBuffer(original), 'r');
    const b = openSync(asBuffer(copy), 'r');
    try {
      for (let at = 0; at < stat.size; at += BLOCK_BYTES) {
        const got = readSync(a, this.#left, 0, BLOCK_BYTES, at);
        const other = readSync(b, this.#right, 0, BLOCK_BYTES, at);
        this.bytes += got;
        if (got === other && this.#left.compare(this.#right, 0, got, 0, got) === 0) continue;
        this.#differ(original, `has other bytes near ${at}`);
        return;
      }
    } finally {
      closeSync(a);
      closeSync(b);
    }
  }

  #compareChildren(original: Uint8Array, copy: Uint8Array): void {
    const names = childNames(original);
    const extra = new Set(childNames(copy).map((name) => name.toString('latin1')));
    this.#compareAttributes(original, copy, names);
    for (const name of names) {
      extra.delete(name.toString('latin1'));
      this.pair(joinPath(original, name), joinPath(copy, name));
    }
    for (const name of extra) this.#differ(joinPath(copy, Buffer.from(name, 'latin1')), 'is not in the original');
  }

  #compareAttributes(original: Uint8Array, copy: Uint8Array, names: readonly Buffer[]): void {
    const a = openDirectory(original);
    const b = openDirectory(copy);
    try {
      for (const name of names) {
        const there = attributes(b, name);
        // What is missing altogether is told once.
        if (there !== undefined && there !== attributes(a, name)) {
          this.#differ(joinPath(original, name), 'has other extended attributes');
        }
      }
    } finally {
      closeFd(a);
      closeFd(b);
    }
  }
}

function childNames(directory: Uint8Array): Buffer[] {
  return readdirSync(asBuffer(directory), { encoding: 'buffer' });
}

function attributes(dirfd: number, name: Uint8Array): string | undefined {
  try {
    return listXattrsAt(dirfd, name).map(attributeText).sort().join('\n');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function attributeText({ name, value }: Xattr): string {
  return `${printable(name)}=${asBuffer(value).toString('hex')}`;
}
