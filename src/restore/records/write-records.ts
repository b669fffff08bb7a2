import { constants, fsyncSync, writeSync } from 'node:fs';
import { BitacoraError, Slices, utf8 } from '../../base/index.js';
import {
  closeFd,
  FileStat,
  mkdirAt,
  openFileAt,
  readAt,
  readDirectory,
  renameAt,
  renameNoReplaceAt,
  setTimesFd,
  statAt,
  unlinkAt,
} from '../../posix/index.js';
import { type RecordStore, recordFileName, recordsPath } from '../../snapshot/index.js';
import { Folder } from '../folders.js';
import { isItemError } from '../report.js';
import { checkSignal, type Site } from '../site.js';
import { refuseSpared } from '../spared.js';
import { removeTree } from '../staging.js';
import { gathered } from '../state/gathered.js';
import { type RecordFile, recordFiles } from './record-files.js';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
const READ = constants.O_RDONLY | constants.O_NONBLOCK;
const stat = new FileStat();

/**
 * Writes the records of a state below the target: `_records/<scope>/<collection>.ndjson`. Each file is built beside its place and
 * renamed; one that cannot be is listed, and the rest goes on. What is there already is treated as other files are, save that
 * `changed` takes no file of records for the same.
 */
export async function writeRecords(site: Site): Promise<void> {
  const { records: layers = [], recordDamage = [], dryRun, verify } = site.options;
  for (const { scope, collection, error } of recordDamage) {
    const file = collection === undefined ? '' : `/${recordFileName(collection)}`;
    site.report.failWith(utf8(`${recordsPath(scope).slice(1)}${file}`), error);
  }
  const store = storeOf(site);
  const tree = new RecordFolders(site);
  const written = new Map<string, RecordFile[]>();
  for (const { scope } of layers) written.set(scope.scope, []);
  for await (const file of recordFiles(store, layers)) {
    checkSignal(site);
    site.report.selected++;
    written.get(file.scope)?.push(file);
    if (dryRun) await count(site, file);
    else await attempt(site, file, () => write(site, tree, file));
  }
  if (dryRun) return;
  for (const files of written.values()) {
    if (site.options.delete) await attempt(site, files[0], async () => removeOthers(site, tree, files));
    if (verify) for (const file of files) await attempt(site, file, () => check(site, tree, file));
  }
}

function storeOf({ tree: trees, options }: Site): RecordStore {
  return { trees, chunks: options.source.chunks };
}

async function count({ report }: Site, file: RecordFile): Promise<void> {
  report.files++;
  report.bytesWritten += await file.size();
}

async function attempt(site: Site, file: RecordFile | undefined, work: () => Promise<void>): Promise<void> {
  if (!file) return;
  try {
    await work();
  } catch (error) {
    if (!isItemError(error)) throw error;
    site.report.failWith(utf8(file.path), error);
  }
}

async function write(site: Site, tree: RecordFolders, file: RecordFile): Promise<void> {
  const { handles, report, stagings, options, target } = site;
  const folder = tree.open(file.directories);
  const name = utf8(file.name);
  const exists = tree.has(folder, name);
  if (exists) {
    refuseSpared(stat, target.spared, name);
    if (options.overwrite === 'never') {
      report.kept++;
      return;
    }
    if (!options.overwrite) {
      throw new BitacoraError('TARGET_NOT_EMPTY', 'There is a file of that name already, and nothing says what to do.');
    }
  }
  const made = stagings.name;
  const fd = openFileAt(handles.fd(folder), made, CREATE, 0o600);
  try {
    report.bytesWritten += await fill(site, fd, file);
    const seconds = Math.floor(file.captured / 1000);
    setTimesFd(fd, seconds, Math.round((file.captured - seconds * 1000) * 1e6));
    if (exists) fsyncSync(fd);
    const directory = handles.fd(folder);
    if (exists) renameAt(directory, made, directory, name);
    else renameNoReplaceAt(directory, made, directory, name);
    report.files++;
  } catch (error) {
    unlinkAt(handles.fd(folder), made);
    throw error;
  } finally {
    closeFd(fd);
  }
}

async function fill(site: Site, fd: number, file: RecordFile): Promise<number> {
  const slices = new Slices();
  let size = 0;
  for await (const bytes of gathered(file.bytes())) {
    checkSignal(site);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
    size += bytes.length;
    if (slices.over) await slices.next();
  }
  return size;
}

/** Reads a file back and compares it with what it was made of. */
async function check(site: Site, tree: RecordFolders, file: RecordFile): Promise<void> {
  const fd = openFileAt(site.handles.fd(tree.open(file.directories)), utf8(file.name), READ);
  try {
    let at = 0;
    for await (const bytes of gathered(file.bytes())) {
      checkSignal(site);
      const found = new Uint8Array(bytes.length);
      const length = readFully(fd, found, at);
      if (Buffer.compare(found.subarray(0, length), bytes) !== 0) throw differs();
      at += bytes.length;
    }
    if (readAt(fd, new Uint8Array(1), at) !== 0) throw differs();
    site.report.verified++;
  } finally {
    closeFd(fd);
  }
}

function readFully(fd: number, into: Uint8Array, position: number): number {
  let length = 0;
  while (length < into.length) {
    const count = readAt(fd, into.subarray(length), position + length);
    if (count === 0) break;
    length += count;
  }
  return length;
}

function differs(): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', 'It was read back, and is not what was written.');
}

/** Takes away what lies in a scope's directory and is none of its files, where the whole scope was asked for. */
function removeOthers(site: Site, tree: RecordFolders, files: readonly RecordFile[]): void {
  const { options, report, handles, target } = site;
  const [first] = files;
  if (!first || (options.include ?? []).length > 0 || (options.exclude ?? []).length > 0) return;
  const fd = handles.fd(tree.open(first.directories));
  const own = new Set(files.map(({ name }) => name));
  const listing = readDirectory(fd);
  for (let i = 0; i < listing.length; i++) {
    const name = listing.name(i);
    if (own.has(Buffer.from(name).toString())) continue;
    const path = utf8([...first.directories, Buffer.from(name).toString()].join('/'));
    report.deleted += removeTree(fd, name, (_, error) => report.failWith(path, error), target.spared);
  }
}

/** The directories that files of records lie in, made when first needed. */
class RecordFolders {
  readonly #site: Site;
  readonly #known = new Map<string, Folder>();

  constructor(site: Site) {
    this.#site = site;
  }

  /** Opens the way without following links. Throws `TARGET_UNSAFE`, and the system's errors. */
  open(directories: readonly string[]): Folder {
    let folder = new Folder();
    for (const [depth, directory] of directories.entries()) {
      const key = directories.slice(0, depth + 1).join('/');
      const known = this.#known.get(key) ?? this.#enter(folder, utf8(directory), key);
      this.#known.set(key, known);
      folder = known;
    }
    return folder;
  }

  /** Whether there is anything of that name; fills `stat`. */
  has(folder: Folder, name: Uint8Array): boolean {
    try {
      statAt(this.#site.handles.fd(folder), name, stat);
      return true;
    } catch (error) {
      if (isItemError(error) && error.code === 'ENOENT') return false;
      throw error;
    }
  }

  #enter(parent: Folder, name: Uint8Array, path: string): Folder {
    const { handles, report, target } = this.#site;
    if (!this.has(parent, name)) {
      mkdirAt(handles.fd(parent), name, 0o700);
      report.directories++;
    } else if (!stat.isDirectory) {
      throw new BitacoraError('TARGET_UNSAFE', `"${path}" in the target is not a directory.`);
    } else refuseSpared(stat, target.spared, name);
    return new Folder(parent, name);
  }
}
