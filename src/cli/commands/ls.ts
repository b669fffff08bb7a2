import { BitacoraError, printable, throwIfAborted } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { decodeEntry, NodeReader, type ScopeRecord, type TreeEntry } from '../../format/index.js';
import { entryAt, type TreeReader } from '../../snapshot/index.js';
import { type CommandContext, EXIT } from '../context.js';
import { type ListedEntry, Listing } from '../listing.js';
import { isWithin, joinPath, pathReadings, splitPath } from '../paths.js';
import { toBitacoraError } from '../report-error.js';
import { checkSelectors, type Selected, type SelectorFlags, select, selectionFields } from '../select.js';
import { openKnownUser, withVault } from '../vault-session.js';

export type LsFlags = SelectorFlags;

/** What a path of the command line stands for. */
type Found =
  | { readonly kind: 'scopes'; readonly scopes: readonly ScopeRecord[] }
  | { readonly kind: 'entry'; readonly path: Uint8Array; readonly entry: TreeEntry };

/** `bitacora ls USER [PATH]`: what a directory holds, or the file itself; without a path the scopes. */
export async function runLs(
  context: CommandContext,
  user: string,
  path: string | undefined,
  flags: LsFlags,
): Promise<number> {
  checkSelectors(flags, { needed: false });
  const { output, clock, signal } = context;
  return withVault(context, async (vault) => {
    const repository = await openKnownUser(context, vault, user);
    await loadCodecs();
    const selected = await select(repository.snapshots, flags, clock.now());
    const found = await find(repository.trees, selected, path ?? '/');
    const listing = new Listing(output, { user_id: user, path: path ?? '/', ...selectionFields(selected) });
    try {
      for await (const entry of entriesOf(repository.trees, found)) {
        throwIfAborted(signal);
        if (output.closed) break;
        listing.add(entry);
      }
    } catch (error) {
      listing.finish(toBitacoraError(error));
      throw error;
    }
    listing.finish();
    return EXIT.ok;
  });
}

/**
 * Looks for the path as it was typed, then as a form that `ls` prints, with `\xNN` for bytes that are not UTF-8. Of scopes
 * that lie inside each other the innermost decides, as when they are restored.
 */
async function find(trees: TreeReader, { scopes }: Selected, path: string): Promise<Found> {
  for (const reading of pathReadings(path)) {
    const names = splitPath(reading);
    const scope = innermost(scopes.filter(({ path: root }) => isWithin(reading, root)));
    if (scope) {
      const entry = await trees.lookup(rootOf(scope), names.slice(splitPath(scope.path).length));
      if (entry) return { kind: 'entry', path: reading, entry };
    }
    const below = scopes.filter((inner) => isWithin(inner.path, reading));
    if (below.length > 0) return { kind: 'scopes', scopes: below };
  }
  const where = scopes.map(({ scope }) => scope).join(', ');
  throw new BitacoraError(
    'UNKNOWN_PATH',
    `There is no "${path}" in that state. It holds ${where}; paths are full paths.`,
    { details: { path } },
  );
}

function innermost(scopes: readonly ScopeRecord[]): ScopeRecord | undefined {
  return [...scopes].sort((a, b) => b.path.length - a.path.length)[0];
}

async function* entriesOf(trees: TreeReader, found: Found): AsyncGenerator<ListedEntry> {
  if (found.kind === 'scopes') {
    for (const scope of found.scopes) yield { path: scope.path, entry: rootOf(scope), owners: [] };
    return;
  }
  const { entry, path } = found;
  if (entry.content.form !== 'directory') {
    yield { path, entry, owners: [] };
    return;
  }
  for await (const leaf of trees.leaves(entry.content.id, { referrer: printable(path) })) {
    while (leaf.next()) {
      const child = entryAt(leaf);
      yield { path: joinPath(path, child.name), entry: child, owners: leaf.owners };
    }
  }
}

function rootOf({ scope, entry }: ScopeRecord): TreeEntry {
  return decodeEntry(new NodeReader(entry, `the root of "${scope}"`));
}
