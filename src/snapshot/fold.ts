/** What the fold needs of a manifest; `Manifest` of src/format has it. */
export interface FoldableManifest {
  /** End of the capture, milliseconds since 1970. */
  readonly captured: number;
  readonly scopes: readonly { readonly scope: string }[];
  readonly ended: readonly string[];
}

/** A scope as it stood at the time asked for, with the manifest that captured it. */
export interface FoldedScope<M extends FoldableManifest> {
  readonly scope: M['scopes'][number];
  readonly manifest: M;
}

export interface Fold<M extends FoldableManifest> {
  /** In order of their names. */
  readonly scopes: readonly FoldedScope<M>[];
  /** The manifests that the scopes come from, in log order, each once. */
  readonly manifests: readonly M[];
}

/**
 * A user's state at `time`: for each scope the newest manifest that holds it, among those whose capture had ended by
 * then; a scope is gone from the manifest on that ends it, until one captures it again.
 *
 * @param manifests - In log order, which decides between equal times.
 */
export function foldAt<M extends FoldableManifest>(manifests: Iterable<M>, time: number): Fold<M> {
  const scopes = new Map<string, FoldedScope<M>>();
  const order = new Map<M, number>();
  for (const manifest of manifests) {
    if (manifest.captured > time) continue;
    order.set(manifest, order.size);
    for (const ended of manifest.ended) scopes.delete(ended);
    for (const scope of manifest.scopes) scopes.set(scope.scope, { scope, manifest });
  }
  const folded = [...scopes.values()].sort((a, b) => (a.scope.scope < b.scope.scope ? -1 : 1));
  const from = new Set(folded.map(({ manifest }) => manifest));
  return { scopes: folded, manifests: [...from].sort((a, b) => order.get(a)! - order.get(b)!) };
}
