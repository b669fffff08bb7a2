import type { Manifest } from '../format/index.js';
import { foldAt, type ListedSnapshot, type Snapshot, type Snapshots } from '../snapshot/index.js';

/** All snapshots that a user's log has, as states are folded from them. */
export class History {
  readonly #snapshots: ReadonlyMap<Manifest, ListedSnapshot>;

  private constructor(listed: readonly ListedSnapshot[]) {
    this.#snapshots = new Map(listed.map((one) => [one.snapshot.manifest, one]));
  }

  static async read(snapshots: Snapshots): Promise<History> {
    const listed: ListedSnapshot[] = [];
    for await (const one of snapshots.all()) listed.push(one);
    return new History(listed.reverse());
  }

  /** The manifests that were not forgotten, in log order. */
  get kept(): Manifest[] {
    return [...this.#snapshots].flatMap(([manifest, { forgotten }]) => (forgotten ? [] : [manifest]));
  }

  /** The oldest snapshot that was not forgotten. */
  get first(): Snapshot | undefined {
    for (const { snapshot, forgotten } of this.#snapshots.values()) if (!forgotten) return snapshot;
    return undefined;
  }

  /** All of them, forgotten or not, in log order. */
  get all(): Iterable<ListedSnapshot> {
    return this.#snapshots.values();
  }

  snapshotOf(manifest: Manifest): Snapshot {
    const found = this.#snapshots.get(manifest);
    if (!found) throw new TypeError('A manifest of another history.');
    return found.snapshot;
  }

  /**
   * The scopes whose newest capture by `time` has been forgotten since, by retention or by somebody: a state of that time has an
   * older one of them or none. What was pruned already is not known any more.
   */
  thinned(time: number): string[] {
    const { scopes } = foldAt(this.#snapshots.keys(), time);
    return scopes.flatMap(({ scope, manifest }) => (this.#snapshots.get(manifest)!.forgotten ? [scope.scope] : []));
  }
}
