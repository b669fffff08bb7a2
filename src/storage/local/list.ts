import { join } from 'node:path';
import { BitacoraError, errnoCode, throwIfAborted } from '../../base/index.js';
import type { ListOptions, ObjectEntry } from '../contract.js';
import { isNameComponent, RESERVED_TOP_NAMES } from '../names.js';
import type { LocalEntry, LocalFileSystem } from './file-system.js';
import { isAbsence, type Root } from './root.js';

/** How many files are asked for their lengths at once. */
const STAT_COUNT = 64;

interface Node {
  readonly name: string;
  readonly directory: boolean;
}

/**
 * Walks the tree in byte order of whole names: a directory sorts as its name with a slash.
 *
 * Any error throws. Entries whose names cannot be object names are no objects. A symbolic link to a directory is
 * followed, since an operator may have moved part of a vault; any other entry that is not a file throws, since what
 * `get` would refuse must not be left out silently.
 */
export async function* listFiles(
  fileSystem: LocalFileSystem,
  root: Root,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ObjectEntry> {
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const wanted = { prefix, after: options.after ?? '', signal: options.signal };
  yield* walk(fileSystem, root.path, start, wanted);
  // A listing from a place that has gone away must not pass for a short one.
  await root.checkAbsent(join(root.path, start));
}

interface Wanted extends ListOptions {
  readonly prefix: string;
  readonly after: string;
}

/** @param base - The directory's name with its slash; '' for the root. */
async function* walk(
  fileSystem: LocalFileSystem,
  root: string,
  base: string,
  wanted: Wanted,
): AsyncGenerator<ObjectEntry> {
  throwIfAborted(wanted.signal);
  const nodes = await readNodes(fileSystem, root, base, wanted);
  for (let at = 0; at < nodes.length; ) {
    const node = nodes[at]!;
    if (node.directory) {
      yield* walk(fileSystem, root, node.name, wanted);
      at++;
      continue;
    }
    let end = at;
    while (end < nodes.length && end - at < STAT_COUNT && !nodes[end]!.directory) end++;
    throwIfAborted(wanted.signal);
    for (const entry of await Promise.all(nodes.slice(at, end).map((file) => entryOf(fileSystem, root, file.name)))) {
      if (entry) yield entry;
    }
    at = end;
  }
}

async function readNodes(fileSystem: LocalFileSystem, root: string, base: string, wanted: Wanted): Promise<Node[]> {
  let entries: LocalEntry[];
  try {
    entries = await fileSystem.readdir(join(root, base));
  } catch (error) {
    // Nothing was ever put there, or it went while the walk was on its way; whether so is checked at the end.
    if (base !== '' && isAbsence(error)) return [];
    throw error;
  }
  const nodes: Node[] = [];
  for (const entry of entries) {
    if (!isNameComponent(entry.name) || (base === '' && RESERVED_TOP_NAMES.includes(entry.name))) continue;
    if (!mayMatch(base + entry.name, wanted)) continue;
    const directory = await isDirectory(fileSystem, root, base + entry.name, entry);
    const name = base + entry.name + (directory ? '/' : '');
    if (isWanted(name, directory, wanted)) nodes.push({ name, directory });
  }
  return nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function mayMatch(name: string, { prefix }: Wanted): boolean {
  return name.startsWith(prefix) || prefix.startsWith(`${name}/`);
}

function isWanted(name: string, directory: boolean, { prefix, after }: Wanted): boolean {
  if (!directory) return name.startsWith(prefix) && name > after;
  return (name.startsWith(prefix) || prefix.startsWith(name)) && (name > after || after.startsWith(name));
}

async function isDirectory(
  fileSystem: LocalFileSystem,
  root: string,
  name: string,
  entry: LocalEntry,
): Promise<boolean> {
  if (entry.kind === 'file' || entry.kind === 'directory') return entry.kind === 'directory';
  const target = entry.kind === 'link' ? await fileSystem.stat(join(root, name)) : undefined;
  if (target?.kind === 'directory') return true;
  throw new BitacoraError('BACKEND_FAILED', `Cannot list "${name}": it is neither a file nor a directory.`);
}

async function entryOf(fileSystem: LocalFileSystem, root: string, name: string): Promise<ObjectEntry | undefined> {
  try {
    return { name, length: (await fileSystem.lstat(join(root, name))).length };
  } catch (error) {
    // Removed since its directory was read.
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
