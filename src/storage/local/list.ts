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
  const wanted = { prefix, after: options.after ?? '', lengths: options.lengths ?? true, signal: options.signal };
  const nodes = await readNodes(fileSystem, root.path, start, wanted);
  if (nodes) yield* walk(fileSystem, root.path, nodes, wanted);
  // A listing from a place that has gone away must not pass for a short one.
  if (nodes) await root.check();
  else await root.checkAbsent(join(root.path, start));
}

interface Wanted extends ListOptions {
  readonly prefix: string;
  readonly after: string;
  readonly lengths: boolean;
}

/** Yields what nodes of one directory stand for, in order. */
async function* walk(
  fileSystem: LocalFileSystem,
  root: string,
  nodes: readonly Node[],
  wanted: Wanted,
): AsyncGenerator<ObjectEntry> {
  for (let at = 0; at < nodes.length; ) {
    const node = nodes[at]!;
    throwIfAborted(wanted.signal);
    if (node.directory) {
      yield* walk(fileSystem, root, (await readNodes(fileSystem, root, node.name, wanted)) ?? [], wanted);
      at++;
      continue;
    }
    if (!wanted.lengths) {
      yield { name: node.name, length: -1 };
      at++;
      continue;
    }
    let end = at;
    while (end < nodes.length && end - at < STAT_COUNT && !nodes[end]!.directory) end++;
    for (const entry of await Promise.all(nodes.slice(at, end).map((file) => entryOf(fileSystem, root, file.name)))) {
      if (entry) yield entry;
    }
    at = end;
  }
}

/**
 * What of a directory is wanted, in order; undefined where there is no such directory.
 *
 * @param base - The directory's name with its slash; '' for the root.
 */
async function readNodes(
  fileSystem: LocalFileSystem,
  root: string,
  base: string,
  wanted: Wanted,
): Promise<Node[] | undefined> {
  throwIfAborted(wanted.signal);
  let entries: LocalEntry[];
  try {
    entries = await fileSystem.readdir(join(root, base));
  } catch (error) {
    // Nothing was ever put there, or it went while the walk was on its way; whether so is checked at the end.
    if (base !== '' && isAbsence(error)) return undefined;
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
