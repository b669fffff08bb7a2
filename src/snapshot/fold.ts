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
  /** Where the manifest stands among those folded: of two the larger is the newer. */
  readonly position: number;
}

/** A scope that was captured once and is no more. */
export interface EndedScope<M extends FoldableManifest> {
  readonly scope: string;
  /** The manifest that ended it. */
  readonly manifest: M;
  /** Where that stands among those folded. */
  readonly position: number;
}

export interface Fold<M extends FoldableManifest> {
  /** In order of their names. */
  readonly scopes: readonly FoldedScope<M>[];
  /** The manifests that the scopes come from, in log order, each once. */
  readonly manifests: readonly M[];
  /** What ended and was not captured again, in the order of the ends. */
  readonly ended: readonly EndedScope<M>[];
}

/**
 * A user's state at `time`: for each scope the newest manifest that holds it, among those whose capture had ended by
 * then; a scope is gone from the manifest on that ends it, until one captures it again.
 *
 * @param manifests - In log order, which decides between equal times.
 */
export function foldAt<M extends FoldableManifest>(manifests: Iterable<M>, time: number): Fold<M> {
  const scopes = new Map<string, FoldedScope<M>>();
  const ended = new Map<string, EndedScope<M>>();
  let position = -1;
  for (const manifest of manifests) {
    if (manifest.captured > time) continue;
    position++;
    for (const scope of manifest.ended) {
      scopes.delete(scope);
      ended.delete(scope);
      ended.set(scope, { scope, manifest, position });
    }
    for (const scope of manifest.scopes) {
      scopes.set(scope.scope, { scope, manifest, position });
      ended.delete(scope.scope);
    }
  }
  const folded = [...scopes.values()].sort((a, b) => (a.scope.scope < b.scope.scope ? -1 : 1));
  return { scopes: folded, manifests: manifestsOf(folded), ended: [...ended.values()] };
}

/** The manifests that scopes come from, in log order, each once. */
export function manifestsOf<M extends FoldableManifest>(scopes: readonly FoldedScope<M>[]): M[] {
  const positions = new Map(scopes.map(({ manifest, position }) => [manifest, position]));
  return [...positions].sort(([, a], [, b]) => a - b).map(([manifest]) => manifest);
}
