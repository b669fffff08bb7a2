import { asBuffer, BitacoraError, printable } from '../../base/index.js';
import { ENTRY_TYPES } from '../../format/index.js';
import type { TreeReader } from '../../snapshot/index.js';
import { joinText, type PlacedScope, pathNames, placeScopes } from '../layout.js';
import type { RestoreScope } from '../options.js';
import type { DiskSide } from './disk-side.js';
import type { SnapshotNode } from './side.js';

/** A part of a state and where it is to be on disk. */
export interface Placement {
  readonly node: SnapshotNode;
  readonly nested: PlacedScope['nested'];
  /** Full path of the part, as names. */
  readonly names: readonly Uint8Array[];
  /** The way to it from the directory on disk; empty for the directory itself. */
  readonly onDisk: readonly Uint8Array[];
}

/**
 * What of a state a directory on disk is to be compared with. A directory that the state itself holds: that one. Else one
 * that looks like the target of a restore: each scope with its full path below it. Else the one scope there is, as
 * `restore --flatten` brings it back.
 *
 * @param directory - Absolute.
 * @throws {BitacoraError} `UNKNOWN_PATH` where none of these fits.
 */
export async function placeOnDisk(
  tree: TreeReader,
  scopes: readonly RestoreScope[],
  directory: Uint8Array,
  disk: DiskSide,
): Promise<readonly Placement[]> {
  const own = await ownPlace(tree, scopes, pathNames(directory));
  if (own) return [own];
  const placed = placeScopes(scopes);
  const asTarget = placed.map(({ scope, names, nested }) => ({ ...rootOf(scope, names, nested), onDisk: names }));
  if (asTarget.some(({ onDisk }) => disk.find(onDisk) !== undefined)) return asTarget;
  const [only, more] = placed;
  if (only && !more && only.scope.entry.type === ENTRY_TYPES.directory) {
    return [{ ...rootOf(only.scope, only.names, only.nested), onDisk: [] }];
  }
  const held = scopes.map(({ scope }) => scope).join(', ');
  const message = `"${printable(directory)}" is not in that state, nor are its scopes below it. It holds ${held}.`;
  throw new BitacoraError('UNKNOWN_PATH', message, { details: { path: printable(directory) } });
}

function rootOf(scope: RestoreScope, names: readonly Uint8Array[], nested: PlacedScope['nested']) {
  return { node: { entry: scope.entry, below: '' }, nested, names };
}

/** The directory of the state with this path: of scopes that lie inside each other the innermost decides. */
async function ownPlace(
  tree: TreeReader,
  scopes: readonly RestoreScope[],
  names: readonly Uint8Array[],
): Promise<Placement | undefined> {
  const around = scopes.filter(({ path }) => isWithin(names, pathNames(path)));
  const [innermost] = around.sort((a, b) => b.path.length - a.path.length);
  if (!innermost) return undefined;
  const root = pathNames(innermost.path);
  const inside = scopes.filter(({ path }) => isWithin(pathNames(path), root));
  const nested = placeScopes(inside)[0]!.nested;
  const rest = names.slice(root.length);
  const entry = await tree.lookup(innermost.entry, rest);
  if (entry?.type !== ENTRY_TYPES.directory) return undefined;
  const below = rest.reduce(joinText, '');
  return { node: { entry, below }, nested, names, onDisk: [] };
}

function isWithin(names: readonly Uint8Array[], root: readonly Uint8Array[]): boolean {
  return names.length >= root.length && root.every((name, i) => asBuffer(name).equals(names[i]!));
}
