import type { Operation } from './crash-disk.js';

/** A mistake that a program could make in the order of its writes, and what would have been recorded of it. */
export interface Mutation {
  readonly name: string;
  readonly apply: (operations: readonly Operation[]) => Operation[];
}

export const MUTATIONS: readonly Mutation[] = [
  { name: 'packs are not synced', apply: withoutSync((path) => /\/packs\/../.test(path), 'file') },
  { name: 'the names of packs are not synced', apply: withoutSync((path) => /\/packs\/../.test(path), 'directory') },
  { name: 'manifests are not synced', apply: withoutSync((path) => path.includes('/log/'), 'file') },
  { name: 'the names of manifests are not synced', apply: withoutSync((path) => path.endsWith('/log'), 'directory') },
  { name: 'key bundles are not synced', apply: withoutSync((path) => path.includes('/keys/'), 'file') },
  {
    name: 'the names of key bundles are not synced',
    apply: withoutSync((path) => path.endsWith('/keys'), 'directory'),
  },
  { name: 'the names of jobs are not synced', apply: withoutSync((path) => path === 'queue', 'directory') },
  {
    name: 'the names of new directories are not synced',
    apply: withoutSync((path) => !path.includes('/'), 'directory'),
  },
  { name: 'manifests come before the last pack that they need', apply: withManifestsFirst },
];

function withoutSync(affected: (path: string) => boolean, kind: 'file' | 'directory'): Mutation['apply'] {
  return (operations) => {
    const nodes = nodesOf(operations);
    return operations.filter((operation) => {
      const node = operation.op === 'sync' ? nodes.get(operation.node) : undefined;
      return !(node?.kind === kind && affected(node.path));
    });
  };
}

interface NodeInfo {
  readonly path: string;
  readonly kind: 'file' | 'directory';
}

/** What became of each file and directory: its last name, and that is not an unfinished file's if it ever had another. */
function nodesOf(operations: readonly Operation[]): Map<number, NodeInfo> {
  const nodes = new Map<number, NodeInfo>([[0, { path: '', kind: 'directory' }]]);
  for (const operation of operations) {
    if (operation.op !== 'entry') continue;
    const base = nodes.get(operation.directory)!.path;
    const path = base === '' ? operation.name : `${base}/${operation.name}`;
    nodes.set(operation.node, { path, kind: operation.kind });
  }
  return nodes;
}

/** Everything about a log entry moves to where the pack that was named last before it was begun. */
function withManifestsFirst(operations: readonly Operation[]): Operation[] {
  const nodes = nodesOf(operations);
  const result = [...operations];
  for (const [number, { path, kind }] of nodes) {
    if (kind !== 'file' || !path.includes('/log/')) continue;
    const named = lastIndexOfEntry(result, number);
    const directory = (result[named] as Operation & { op: 'entry' }).directory;
    const user = path.slice(0, path.indexOf('/log/'));
    const pack = result
      .slice(0, named)
      .findLast(
        (one) => one.op === 'entry' && nodes.get(one.node)!.path.startsWith(`${user}/packs/`) && one.kind === 'file',
      );
    const from = pack?.op === 'entry' ? result.findIndex((one) => one.op === 'entry' && one.node === pack.node) : -1;
    const ready = result.findIndex((one) => one.op === 'entry' && one.node === directory);
    if (from < 0 || from < ready) continue;
    const synced = result.findIndex((one, i) => i > named && one.op === 'sync' && one.node === directory);
    const moved = result.filter((one, i) => i >= from && (i === synced || concerns(one, number)));
    const rest = result.filter((one) => !moved.includes(one));
    rest.splice(from, 0, ...moved);
    result.splice(0, result.length, ...rest);
  }
  return result;
}

function lastIndexOfEntry(operations: readonly Operation[], node: number): number {
  return operations.findLastIndex((one) => one.op === 'entry' && one.node === node);
}

function concerns(operation: Operation, node: number): boolean {
  return 'node' in operation && operation.node === node;
}
