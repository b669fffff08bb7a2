import type { BitacoraError } from '../../base/index.js';
import { ENTRY_TYPES } from '../../format/index.js';
import type { TreeReader } from '../../snapshot/index.js';
import type { RestoreScope } from '../options.js';
import type { Choice } from '../selection.js';
import { pathText } from '../state/paths.js';
import { type Visited, walkState } from '../state/walk-state.js';
import { createGlob } from './glob.js';

export interface FindOptions {
  readonly tree: TreeReader;
  readonly pattern: string;
  readonly signal?: AbortSignal | undefined;
  /** Told of parts of directories that cannot be read; the search goes on without them. */
  readonly onDamage: (error: BitacoraError, path: Uint8Array) => void;
}

/** Entries of one state that match, in the order of the tree. */
export async function* findEntries(
  scopes: readonly RestoreScope[],
  { tree, pattern, signal, onDamage }: FindOptions,
): AsyncGenerator<Visited> {
  const glob = createGlob(pattern);
  const choose = (below: string, directory: boolean, path: Uint8Array): Choice => {
    if (!directory) return 'take';
    return glob.reaches(pathText(path), below) ? 'descend' : 'skip';
  };
  for await (const visited of walkState(tree, scopes, { within: () => choose, signal, onDamage })) {
    const { path, below, entry } = visited;
    if (glob.matches(pathText(path), below, entry.type === ENTRY_TYPES.directory)) yield visited;
  }
}
