/** One record as it was sent, and what it is called. */
export interface ModelRecord {
  readonly json: string;
  readonly id: string | undefined;
}

/** What a scope held when it was captured. */
export type ModelScope =
  | { readonly kind: 'records'; readonly collections: ReadonlyMap<string, readonly ModelRecord[]> }
  | {
      readonly kind: 'tree';
      readonly path: string;
      /** Full path → `directory`, or a file's content behind `=`. */
      readonly entries: ReadonlyMap<string, string>;
    };

export interface ModelSnapshot {
  readonly id: string;
  readonly captured: number;
  readonly scopes: ReadonlyMap<string, ModelScope>;
  readonly ended: readonly string[];
  forgotten: boolean;
}

/** Everything that is said of a state. */
export interface ModelState {
  /** `scope collection json` of each record, by scopes' names, then as sent. */
  readonly records: readonly string[];
  /** `path content` of each entry, sorted; roots of scopes left out. */
  readonly files: readonly string[];
  readonly from: readonly string[];
  readonly thinned: readonly string[];
}

/** Whether an item is asked for. */
export type Wanted = (collection: string, id: string | undefined) => boolean;

/**
 * What a user had at a time, said as plainly as possible and with no thought of cost. For each question all snapshots are gone
 * through again. `snapshots` are in the order of the log.
 */
export function modelState(
  snapshots: readonly ModelSnapshot[],
  time: number,
  wanted: Wanted = () => true,
): ModelState | undefined {
  const then = snapshots.filter(({ captured, forgotten }) => captured <= time && !forgotten);
  const living = livingScopes(then);
  if (living.length === 0) return undefined;
  const trees = livingTrees(living);
  const records = living.filter(({ content }) => content.kind === 'records');
  const used = new Set([...trees, ...records].map(({ at }) => at));
  return {
    records: records.flatMap((holder) => visibleRecords(then, records, holder, wanted)),
    files: files(trees),
    from: then.filter((_, at) => used.has(at)).map(({ id }) => id),
    thinned: thinnedScopes(snapshots, time),
  };
}

/** What one session left behind by a time; undefined where it had nothing, or had ended. */
export function modelSession(
  snapshots: readonly ModelSnapshot[],
  session: string,
  time: number,
): ModelState | undefined {
  const then = snapshots.filter(({ captured, forgotten }) => captured <= time && !forgotten);
  const holder = livingScopes(then).find(({ scope }) => scope === `session:${session}`);
  if (!holder) return undefined;
  return {
    records: allRecords(holder),
    files: [],
    from: [then[holder.at]!.id],
    thinned: thinnedScopes(snapshots, time).filter((scope) => scope === holder.scope),
  };
}

/** Exactly what one snapshot captured. */
export function modelSnapshot({ id, scopes }: ModelSnapshot): ModelState {
  const holders = [...scopes].map(([scope, content]) => ({ scope, content, at: 0 })).sort(byName);
  return {
    records: holders.filter(({ content }) => content.kind === 'records').flatMap(allRecords),
    files: files(holders.filter(({ content }) => content.kind === 'tree')),
    from: [id],
    thinned: [],
  };
}

/** A scope that is there, with its newest capture and where that stands. */
interface Holder {
  readonly scope: string;
  readonly content: ModelScope;
  readonly at: number;
}

function livingScopes(snapshots: readonly ModelSnapshot[]): Holder[] {
  const names = new Set(snapshots.flatMap(({ scopes }) => [...scopes.keys()]));
  const holders: Holder[] = [];
  for (const scope of names) {
    const at = lastMention(snapshots, scope);
    const content = snapshots[at]?.scopes.get(scope);
    if (content) holders.push({ scope, content, at });
  }
  return holders.sort(byName);
}

/** Where a scope was last captured or ended; -1 where it never was. */
function lastMention(snapshots: readonly ModelSnapshot[], scope: string): number {
  for (let at = snapshots.length - 1; at >= 0; at--) {
    const { scopes, ended } = snapshots[at]!;
    if (scopes.has(scope) || ended.includes(scope)) return at;
  }
  return -1;
}

function byName(a: Holder, b: Holder): number {
  return a.scope < b.scope ? -1 : 1;
}

/** Of an item the newest capture holds; what a whole collection was captured or ended without is gone. */
function visibleRecords(
  snapshots: readonly ModelSnapshot[],
  holders: readonly Holder[],
  holder: Holder,
  wanted: Wanted,
): string[] {
  return recordsOf(holder).flatMap(({ collection, record }) => {
    if (!wanted(collection, record.id)) return [];
    if (lastMention(snapshots, `collection:${collection}`) > holder.at) return [];
    const newer = holders.filter(
      (other) => other.at > holder.at || (other.at === holder.at && byName(holder, other) < 0),
    );
    const replaced = newer.some(
      (other) =>
        other !== holder &&
        record.id !== undefined &&
        recordsOf(other).some((its) => its.collection === collection && its.record.id === record.id),
    );
    return replaced ? [] : [line(holder, collection, record)];
  });
}

function allRecords(holder: Holder): string[] {
  return recordsOf(holder).map(({ collection, record }) => line(holder, collection, record));
}

function recordsOf({ content }: Holder): { readonly collection: string; readonly record: ModelRecord }[] {
  if (content.kind !== 'records') return [];
  return [...content.collections].flatMap(([collection, records]) => records.map((record) => ({ collection, record })));
}

function line({ scope }: Holder, collection: string, { json }: ModelRecord): string {
  return `${scope} ${collection} ${json}`;
}

/** Without those that a later capture of a directory above them holds something of. */
function livingTrees(holders: readonly Holder[]): Holder[] {
  return holders.filter(({ content, at }) => {
    if (content.kind !== 'tree') return false;
    return !holders.some((outer) => {
      if (outer.content.kind !== 'tree' || outer.at <= at || !isBelow(content.path, outer.content.path)) return false;
      const there = outer.content.entries.get(content.path);
      const full = [...outer.content.entries.keys()].some((path) => isBelow(path, content.path));
      return there !== undefined && (there !== 'directory' || full);
    });
  });
}

/** Of trees that lie in each other the inner takes the place of what the outer holds there. */
function files(holders: readonly Holder[]): string[] {
  const merged = new Map<string, string>();
  const trees = holders.flatMap(({ content }) => (content.kind === 'tree' ? [content] : []));
  for (const { path: root, entries } of trees.sort((a, b) => a.path.length - b.path.length)) {
    for (const path of merged.keys()) if (isBelow(path, root)) merged.delete(path);
    for (const [path, content] of entries) merged.set(path, content);
  }
  for (const { path } of trees) merged.delete(path);
  return [...merged].map(([path, content]) => `${path} ${content}`).sort();
}

function isBelow(path: string, root: string): boolean {
  return path.startsWith(`${root}/`);
}

/** The scopes of which there was a capture by then that is forgotten now, with none behind it and no end. */
function thinnedScopes(snapshots: readonly ModelSnapshot[], time: number): string[] {
  const then = snapshots.filter(({ captured }) => captured <= time);
  return livingScopes(then).flatMap(({ scope, at }) => (then[at]!.forgotten ? [scope] : []));
}
