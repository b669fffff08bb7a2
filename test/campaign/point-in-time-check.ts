import { recordLayers } from '../../src/api/record-layers.js';
import { placedScopes, restoreScope } from '../../src/api/scopes.js';
import { type Selected, type Selector, select } from '../../src/api/select.js';
import { isBitacoraError, isoTime, printable } from '../../src/base/index.js';
import type { Engine } from '../../src/engine/index.js';
import { ENTRY_TYPES } from '../../src/format/index.js';
import { createRecordWish, fileBytes, findEntries } from '../../src/restore/index.js';
import { RecordReader } from '../../src/snapshot/index.js';
import type { UserRepository } from '../../src/vault/index.js';
import {
  type ModelSnapshot,
  type ModelState,
  modelSession,
  modelSnapshot,
  modelState,
  type Wanted,
} from './point-in-time-model.js';
import { checkRestored } from './point-in-time-restore.js';
import type { SeededRandom } from './random.js';

type Repository = UserRepository;

/** One state in so many is restored into a directory as well. */
const RESTORED_SHARE = 0.1;

/** Compares what is said of one random state with the model. Returns what kind of state it was. */
export async function checkOne(
  repository: Repository,
  snapshots: readonly ModelSnapshot[],
  random: SeededRandom,
  sessions: readonly string[],
  engine: Engine,
): Promise<string> {
  const restoring = random.chance(RESTORED_SHARE) ? engine : undefined;
  const time = someTime(snapshots, random);
  const at = time === Number.POSITIVE_INFINITY ? undefined : isoTime(time);
  const kind = random.pick(['at', 'at', 'at', 'items', 'session', 'snapshot']);
  if (kind === 'snapshot') {
    const kept = snapshots.filter(({ forgotten }) => !forgotten);
    if (kept.length === 0) return 'nothing';
    const snapshot = random.pick(kept);
    await check(repository, { snapshot: snapshot.id }, modelSnapshot(snapshot), { restoring });
  } else if (kind === 'session') {
    const session = random.pick(sessions);
    await check(repository, { session_id: session, at }, modelSession(snapshots, session, time), { restoring });
  } else if (kind === 'items') {
    const [items, wanted] = someItems(random);
    await check(repository, { at }, modelState(snapshots, time, wanted), { items });
  } else await check(repository, { at }, modelState(snapshots, time), { restoring });
  return restoring && kind !== 'items' ? `${kind}, restored` : kind;
}

/** Exactly at a capture, a moment beside one, before all, or now. */
function someTime(snapshots: readonly ModelSnapshot[], random: SeededRandom): number {
  if (snapshots.length === 0 || random.chance(0.15)) return Number.POSITIVE_INFINITY;
  return random.pick(snapshots).captured + random.pick([0, 0, 0, 1, -1]);
}

function someItems(random: SeededRandom): [string[], Wanted] {
  const id = random.pick(['a', 'b', '7', 'd/e']);
  return random.pick<[string[], Wanted]>([
    [[`sparks/${id}`], (collection, its) => collection === 'sparks' && its === id],
    [['topics', 'sparks/a'], (collection, its) => collection === 'topics' || (collection === 'sparks' && its === 'a')],
    [['*s/?'], (collection, its) => collection.endsWith('s') && its?.length === 1],
  ]);
}

async function check(
  repository: Repository,
  selector: Selector,
  expected: ModelState | undefined,
  { items = [], restoring }: { readonly items?: readonly string[]; readonly restoring?: Engine | undefined },
): Promise<void> {
  const found = await look(repository, selector, items);
  // Patterns are for files as well, and mean none of those here.
  const wanted = expected && items.length > 0 ? { ...expected, files: [] } : expected;
  const [a, b] = [wanted, found].map((state) => JSON.stringify(state, undefined, 1) ?? 'nothing');
  if (a !== b) throw new Error(`${JSON.stringify(selector)} ${items.join()} is\n${b}\nexpected\n${a}`);
  if (restoring && expected) {
    await checkRestored(repository, restoring, await select(repository, selector, 0), expected);
  }
}

/** What the program says of a state; undefined where it says that there is none. */
async function look(
  repository: Repository,
  selector: Selector,
  items: readonly string[],
): Promise<ModelState | undefined> {
  let selected: Selected;
  try {
    selected = await select(repository, selector, 0);
  } catch (error) {
    if (isBitacoraError(error, 'UNKNOWN_SNAPSHOT') || isBitacoraError(error, 'UNKNOWN_SESSION')) return undefined;
    throw error;
  }
  return {
    records: await records(repository, selected, items),
    files: items.length > 0 ? [] : await files(repository, selected),
    from: selected.from.map(({ id }) => id),
    thinned: selected.thinned,
  };
}

async function records(repository: Repository, selected: Selected, items: readonly string[]): Promise<string[]> {
  const { layers, shown } = await recordLayers(repository, selected, { wish: createRecordWish(items, []) });
  const lines: string[] = [];
  for (const { scope, hidden } of [...layers].sort((a, b) => (a.scope.scope < b.scope.scope ? -1 : 1))) {
    const reader = new RecordReader(repository, scope);
    for (const { name } of await reader.collections()) {
      for await (const { json } of reader.records(name, (index) => !hidden?.(name, index))) {
        lines.push(`${scope.scope} ${name} ${Buffer.from(json).toString()}`);
      }
    }
  }
  if (lines.length !== shown) throw new Error(`${shown} records are said to be there, and ${lines.length} are.`);
  return lines;
}

async function files({ trees: tree, chunks }: Repository, selected: Selected): Promise<string[]> {
  const scopes = placedScopes(selected).map(restoreScope);
  const roots = new Set(scopes.map(({ path }) => printable(path)));
  const onDamage = (error: Error): never => {
    throw error;
  };
  const lines: string[] = [];
  for await (const { path, entry } of findEntries(scopes, { tree, pattern: '*', onDamage })) {
    const full = `/${printable(path)}`;
    if (roots.has(full)) continue;
    if (entry.type === ENTRY_TYPES.directory) lines.push(`${full} directory`);
    else {
      const pieces: Uint8Array[] = [];
      for await (const piece of fileBytes({ tree, chunks }, entry)) pieces.push(Uint8Array.from(piece));
      lines.push(`${full} = ${Buffer.concat(pieces).toString()}`);
    }
  }
  return lines.sort();
}
