import { printable, throwIfAborted, utf8 } from '../../base/index.js';
import { ENTRY_FLAGS, ENTRY_TYPES } from '../../format/index.js';
import { rootBase } from '../layout.js';
import { linkGroupOf } from '../link-group.js';
import type { RestoreScope } from '../options.js';
import { createPatterns } from '../patterns.js';
import type { RecordLayer } from '../records/layer.js';
import { recordEntry, recordFiles } from '../records/record-files.js';
import { type ByteSource, checkContent, fileBytes } from '../state/file-bytes.js';
import { gathered } from '../state/gathered.js';
import { type Visited, walkState } from '../state/walk-state.js';
import { sparseFigures, sparseMap, sparseMapBytes } from './sparse-map.js';
import { TAR_BLOCK, tarPadding } from './tar-block.js';
import { hasTarType, type TarEntry, tarHeader } from './tar-entry.js';

/** Programs read archives in records of this size. */
const RECORD_BYTES = 20 * TAR_BLOCK;

export interface ExportOptions extends ByteSource {
  readonly scopes: readonly RestoreScope[];
  /** Records that go in behind them, oldest first; what the patterns leave out is hidden already. */
  readonly records?: readonly RecordLayer[] | undefined;
  /** Patterns as in a `.gitignore`, on paths below the scope. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Told how far it is, now and then. */
  readonly onProgress?: ((files: number, bytes: number) => void) | undefined;
  /** Told of each item that is not in the archive, or not as it was: its path in printable form, a code, and why. */
  readonly onProblem: (problem: ExportProblem) => void;
}

export interface ExportProblem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  /** Whether the item is missing because the snapshot itself lacks it; else the archive only cannot hold it. */
  readonly lost: boolean;
}

/**
 * A state as a POSIX pax archive, in the order of the tree, with full paths as a restore lays them out. GNU tar brings back
 * attributes, ACLs, holes and hard links from it. Memory: one directory leaf a level, a few chunks, and a path for each
 * link group.
 *
 * @throws {BitacoraError} `DATA_CORRUPT`, `OBJECT_MISSING`: the archive then ends where it is, without the blocks that
 *   close one; `CANCELLED`; the backend's errors.
 */
export function exportTar(options: ExportOptions): AsyncGenerator<Uint8Array> {
  return gathered(new Archive(options).pieces());
}

class Archive {
  readonly #options: ExportOptions;
  /** Directories on the way down that go in once something below them does. */
  #waiting: Visited[] = [];
  readonly #links = new Map<RestoreScope, Map<string, Uint8Array>>();
  #bytes = 0;
  #files = 0;

  constructor(options: ExportOptions) {
    this.#options = options;
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    const { tree, scopes, include, exclude, signal } = this.#options;
    const patterns = createPatterns(include, exclude);
    // Whoever unpacks it would write through a link, or fail.
    const onBlocked = (_: RestoreScope, path: Uint8Array): void => {
      const message = 'Something that is not a directory, captured later, bears the name of one above it.';
      this.#options.onProblem({ path: printable(path), code: 'TARGET_UNSAFE', message, lost: true });
    };
    for await (const visited of walkState(tree, scopes, {
      within: (placed) => patterns.within(rootBase(placed)).choose,
      signal,
      onBlocked,
    })) {
      if (visited.choice === 'descend') this.#wait(visited);
      else for await (const piece of this.#item(visited)) yield this.#counted(piece);
    }
    for await (const piece of this.#records()) yield this.#counted(piece);
    throwIfAborted(signal);
    yield new Uint8Array(2 * TAR_BLOCK);
    const over = (this.#bytes + 2 * TAR_BLOCK) % RECORD_BYTES;
    if (over > 0) yield new Uint8Array(RECORD_BYTES - over);
  }

  #counted(piece: Uint8Array): Uint8Array {
    this.#bytes += piece.length;
    return piece;
  }

  #wait(visited: Visited): void {
    this.#waiting = this.#waiting.filter(({ path }) => isBelow(visited.path, path));
    this.#waiting.push(visited);
  }

  async *#item(visited: Visited): AsyncGenerator<Uint8Array> {
    const { entry } = visited;
    if (!this.#mayGoIn(visited)) return;
    for (const above of this.#waiting) if (isBelow(visited.path, above.path)) yield tarHeader(named(above));
    this.#waiting = [];
    const first = entry.flags & ENTRY_FLAGS.linkGroup ? this.#firstName(visited) : undefined;
    if (first || entry.type !== ENTRY_TYPES.file) yield tarHeader({ ...named(visited), linkTo: first });
    else yield* this.#file(named(visited));
  }

  async *#file(item: TarEntry): AsyncGenerator<Uint8Array> {
    const { tree, signal, onProgress } = this.#options;
    const { entry } = item;
    const sparse = await sparseFigures(tree, entry);
    yield tarHeader({ ...item, sparse });
    if (sparse) yield* sparseMap(tree, entry, sparse);
    yield* fileBytes(this.#options, entry, { signal, dataOnly: true });
    yield tarPadding(sparse ? sparseMapBytes(sparse) + sparse.dataBytes : entry.size);
    onProgress?.(++this.#files, this.#bytes);
  }

  async *#records(): AsyncGenerator<Uint8Array> {
    const { tree: trees, chunks, records = [], signal, onProgress } = this.#options;
    for await (const file of recordFiles({ trees, chunks }, records)) {
      throwIfAborted(signal);
      const size = await file.size();
      yield tarHeader({ path: utf8(file.path), entry: recordEntry(file, size), owners: [] });
      yield* file.bytes();
      yield tarPadding(size);
      onProgress?.(++this.#files, this.#bytes);
    }
  }

  /** Whether the archive can hold it; says so where not. */
  #mayGoIn({ path, entry }: Visited): boolean {
    const problem = (code: string, message: string, lost: boolean): void =>
      this.#options.onProblem({ path: printable(path), code, message, lost });
    if (!hasTarType(entry)) {
      problem('UNSUPPORTED', 'A tar archive cannot hold a socket; it is left out.', false);
      return false;
    }
    const directory = entry.type === ENTRY_TYPES.directory;
    if (entry.flags & ENTRY_FLAGS.unread) {
      problem('PARTIAL', 'The backup could not read it, and knew no earlier state.', true);
      return directory;
    }
    if (entry.flags & ENTRY_FLAGS.stale) {
      problem('PARTIAL', 'The backup could not read it; this is its last known state.', false);
    }
    if (entry.type === ENTRY_TYPES.file) checkContent(entry);
    return true;
  }

  /** The path under which an earlier entry brought the same file; remembers this one if there is none. */
  #firstName({ scope, entry, path }: Visited): Uint8Array | undefined {
    let groups = this.#links.get(scope);
    if (!groups) {
      groups = new Map();
      this.#links.set(scope, groups);
    }
    const group = linkGroupOf(entry);
    const first = groups.get(group);
    if (!first) groups.set(group, path);
    return first;
  }
}

/** The root of the scope "/" has no name. */
function named({ path, entry, owners }: Visited): TarEntry {
  return { path: path.length === 0 ? HERE : path, entry, owners };
}

const HERE = Uint8Array.of(0x2e);

/** Whether `path` lies below the directory `above`. */
function isBelow(path: Uint8Array, above: Uint8Array): boolean {
  if (above.length === 0) return path.length > 0;
  if (path.length <= above.length || path[above.length] !== 0x2f) return false;
  return above.every((byte, i) => byte === path[i]);
}
