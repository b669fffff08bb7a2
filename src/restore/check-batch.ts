import { type CheckCall, FILE_MODES, FileBatch } from '../engine/index.js';
import type { TreeEntry } from '../format/index.js';
import { Folder } from './folders.js';

const ID_BYTES = 32;
const FILES_MAX = 2048;
const ITEMS_MAX = 8192;
const NO_ID = new Uint8Array(ID_BYTES);

/** Files to read back in one call. */
export class CheckBatch {
  readonly paths: (() => Uint8Array)[] = [];
  /** Files that an earlier call began with. */
  continued = 0;
  readonly #files = new FileBatch();
  readonly #items: number[] = [];
  readonly #ids: Uint8Array[] = [];

  get full(): boolean {
    return this.paths.length >= FILES_MAX || this.#ids.length >= ITEMS_MAX;
  }

  add(folder: Folder, entry: TreeEntry): void {
    const { name, size, mtimeSec, mtimeNsec } = entry;
    const unused = { sparse: false, permissions: 0, owner: undefined, xattrs: [], identity: undefined };
    this.#files.add({ mode: FILE_MODES.part, name, size, mtimeSec, mtimeNsec, ...unused }, folder, () => folder.path());
    this.paths.push(() => new Folder(folder, name).path());
  }

  addItem(offset: number, length: number, id: Uint8Array | undefined): void {
    this.#items.push(this.paths.length - 1, offset, length, id ? 0 : 1);
    this.#ids.push(id ?? NO_ID);
  }

  call(root: number): Omit<CheckCall, 'session'> {
    const ids = new Uint8Array(this.#ids.length * ID_BYTES);
    for (const [i, id] of this.#ids.entries()) ids.set(id, i * ID_BYTES);
    return { root, files: this.#files.finish(), items: Float64Array.from(this.#items), ids };
  }
}
