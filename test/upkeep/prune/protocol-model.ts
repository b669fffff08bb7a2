/**
 * Goal: the order of steps by which prune, backups and readers of one user get along loses nothing, whatever comes between two of them.
 * Method: a model of one chunk, small enough that every state that any order of steps can lead to is looked at: the snapshot 0 that has the
 * chunk in pack P, two backups that need it, a reader, forget and unforget, prune runs, a crash with or without the index, and an entry of
 * another writer that comes late. Each rule of the protocol can be left out, and then a loss must be found.
 */

export type Rule =
  /** Dedup treats what is under a tombstone as absent. */
  | 'absent when buried'
  /** A pack that an open session relies on gets no tombstone. */
  | 'relied stays'
  /** Whether something newer needs more is looked at in the very step of the tombstone. */
  | 'look again in turn'
  /** What is forgotten while somebody has the user open is not forgotten for them. */
  | 'forget waits for holders'
  /** Nothing brings back a snapshot that a tombstone gave up. */
  | 'given up is for good'
  /** The tombstone is durable before the pack moves. */
  | 'tombstone before move'
  /** A pack moves only when nobody is left who may know it from before its tombstone. */
  | 'move waits for holders'
  /** What went is looked through before it goes for good. */
  | 'second mark'
  /** What is aside stays there for its grace. */
  | 'grace'
  /** While a tombstone is decided and written nobody else writes to the log. */
  | 'own turn'
  /** The tombstone is remembered by the index in the batch that applies it. */
  | 'buried lasts';

export const RULES: readonly Rule[] = [
  'absent when buried',
  'relied stays',
  'look again in turn',
  'own turn',
  'forget waits for holders',
  'given up is for good',
  'tombstone before move',
  'move waits for holders',
  'second mark',
  'grace',
  'buried lasts',
];

/** The first; those of the backups; one that prune stores again, and one that it rescues. */
type Pack = 'P' | 'N1' | 'N2' | 'R' | 'S';
const PACKS: readonly Pack[] = ['P', 'N1', 'N2', 'R', 'S'];

interface Session {
  at: 'new' | 'open' | 'found' | 'reliant' | 'stored' | 'committed' | 'closed';
  number: number;
  seq: number;
  /** The pack that a look-up found, before it was judged. */
  found: Pack | null;
}

interface State {
  /** `m0` a manifest, `f` `u` forget and unforget of 0, `tP` a tombstone, `g` giving up 0. */
  log: string[];
  where: Partial<Record<Pack, 'packs' | 'trash' | 'gone'>>;
  /** What the index says of the chunk. */
  place: Pack | null;
  /** By pack: number of the first holder after its tombstone. */
  buried: Partial<Record<Pack, number>>;
  /** By pack: number that would have come next when it was relied on. */
  relied: Partial<Record<Pack, number>>;
  /** Packs that the index knows. */
  known: Pack[];
  next: number;
  backups: [Session, Session];
  reader: Session;
  prune: {
    at: 'idle' | 'marked' | 'doomed' | 'buried' | 'moved';
    seq: number;
    dead: Pack[];
    gives: boolean;
    run: number;
  };
  /** In which run a pack was first seen aside. */
  seen: Partial<Record<Pack, number>>;
  /** Those for which the grace is over. */
  old: Pack[];
  forgot: number;
  crashed: boolean;
  /** A late entry came, and no mark has been done since. */
  late: 'never' | 'not' | 'unseen' | 'seen';
}

export interface Found {
  readonly states: number;
  /** The steps to a loss, or undefined. */
  readonly loss: readonly string[] | undefined;
}

/** Who takes part: all together would be too many orders to look at. */
export interface Cast {
  readonly backups: 0 | 1 | 2;
  readonly reader: boolean;
  readonly crash: boolean;
  readonly late: boolean;
  /** Whether prune takes packs apart of which something is needed. */
  readonly repacks: boolean;
  readonly runs: number;
}

const NOBODY: Cast = { backups: 0, reader: false, crash: false, late: false, repacks: false, runs: 1 };

export const CASTS: readonly Cast[] = [
  { ...NOBODY, backups: 1, repacks: true },
  { ...NOBODY, reader: true, repacks: true, crash: true, runs: 2 },
  { ...NOBODY, backups: 1, crash: true, runs: 2 },
  { ...NOBODY, backups: 1, late: true, runs: 2 },
  { ...NOBODY, late: true, crash: true, runs: 3 },
];

/** The same with more of everything: takes some minutes. */
export const LARGE_CASTS: readonly Cast[] = [
  { ...NOBODY, backups: 2, runs: 2 },
  { ...NOBODY, backups: 2, repacks: true },
  { ...NOBODY, backups: 1, reader: true, crash: true, repacks: true, runs: 2 },
  { ...NOBODY, backups: 1, late: true, crash: true, runs: 3 },
];

const STATES_MOST = 2_000_000;

/** Looks at every state that can be reached while all rules but `without` are kept. */
export function explore(cast: Cast, without?: Rule): Found {
  const keeps = (rule: Rule): boolean => rule !== without;
  const first = start(cast);
  const seen = new Map<string, { readonly from: string | undefined; readonly step: string }>();
  const key = JSON.stringify(first);
  seen.set(key, { from: undefined, step: 'start' });
  let border = [key];
  while (border.length > 0) {
    const next: string[] = [];
    for (const text of border) {
      for (const [step, change] of steps(JSON.parse(text) as State, keeps, cast)) {
        const state = JSON.parse(text) as State;
        change(state);
        const after = JSON.stringify(state);
        if (seen.has(after)) continue;
        seen.set(after, { from: text, step });
        const loss = lossIn(state);
        if (loss) return { states: seen.size, loss: [...way(seen, after), loss] };
        next.push(after);
        if (seen.size > STATES_MOST) throw new RangeError('The model has more states than it should.');
      }
    }
    border = next;
  }
  return { states: seen.size, loss: undefined };
}

function way(seen: ReadonlyMap<string, { from: string | undefined; step: string }>, to: string): string[] {
  const taken: string[] = [];
  for (let at: string | undefined = to; at !== undefined; at = seen.get(at)!.from) taken.unshift(seen.get(at)!.step);
  return taken;
}

function start({ backups, reader, crash, late }: Cast): State {
  const session = (plays: boolean): Session => ({ at: plays ? 'new' : 'closed', number: 0, seq: 0, found: null });
  return {
    log: ['m0'],
    where: { P: 'packs' },
    place: 'P',
    buried: {},
    relied: {},
    known: ['P'],
    next: 1,
    backups: [session(backups > 0), session(backups > 1)],
    reader: session(reader),
    prune: { at: 'idle', seq: 0, dead: [], gives: false, run: 0 },
    seen: {},
    old: [],
    forgot: 0,
    crashed: !crash,
    late: late ? 'not' : 'never',
  };
}

type Keeps = (rule: Rule) => boolean;
type Step = readonly [name: string, change: (state: State) => unknown];

function* steps(now: State, keeps: Keeps, cast: Cast): Generator<Step> {
  for (const i of [0, 1] as const) yield* backupSteps(now, i, keeps);
  yield* readerSteps(now, keeps);
  yield* pruneSteps(now, keeps, cast);
  if (mayWrite(now, keeps)) yield* forgetSteps(now, keeps);
  if (now.late === 'not' && now.where.P !== 'gone' && now.old.length === 0) {
    yield ['late entry', (s) => Object.assign(s, { log: [...s.log, 'm9'], late: 'unseen' })];
  }
  const aging = PACKS.filter((pack) => now.seen[pack] !== undefined && !now.old.includes(pack));
  if (aging.length > 0 && now.late !== 'unseen') yield ['time passes', (s) => s.old.push(...aging)];
  if (now.crashed) return;
  yield ['crash', (s) => crash(s, keeps)];
  const crashAndLose = (s: State): void => {
    crash(s, keeps);
    rebuild(s);
  };
  yield ['crash, index lost', crashAndLose];
}

function mayWrite(now: State, keeps: Keeps): boolean {
  return now.prune.at !== 'doomed' || !keeps('own turn');
}

function* forgetSteps(now: State, keeps: Keeps): Generator<Step> {
  const write = (entry: string) => (s: State) => {
    s.log.push(entry);
    s.forgot++;
  };
  if (now.forgot === 0) yield ['forget', write('f')];
  if (now.forgot === 1 && !(keeps('given up is for good') && isGivenUp(now))) yield ['unforget', write('u')];
}

function* backupSteps(now: State, i: 0 | 1, keeps: Keeps): Generator<Step> {
  const own: Pack = i === 0 ? 'N1' : 'N2';
  const name = `backup ${i + 1}`;
  const { at, found } = now.backups[i];
  const goOn =
    (to: Session['at'], change: (s: State) => unknown = () => {}) =>
    (s: State) => {
      change(s);
      s.backups[i].at = to;
    };
  if (at === 'new') yield [`${name} opens`, (s) => open(s, s.backups[i])];
  if (at === 'open') {
    // Merged with its parent's tree, nothing is looked up.
    if (isVisible(now, 0, keeps)) yield [`${name} merges`, goOn('reliant')];
    yield [`${name} looks up`, goOn('found', (s) => Object.assign(s.backups[i], { found: s.place }))];
  }
  if (at === 'found') {
    const isBuried = found !== null && now.buried[found] !== undefined;
    if (found && now.known.includes(found) && !(keeps('absent when buried') && isBuried)) {
      yield [`${name} relies on ${found}`, goOn('reliant', (s) => rely(s, found))];
    } else yield [`${name} stores`, goOn('stored', (s) => Object.assign(s.where, { [own]: 'packs' }))];
  }
  if (at === 'stored') yield [`${name} indexes`, goOn('reliant', (s) => addPack(s, own))];
  if (at === 'reliant' && mayWrite(now, keeps)) {
    yield [`${name} commits`, goOn('committed', (s) => s.log.push(`m${i + 1}`))];
  }
  if (at === 'committed') yield [`${name} closes`, goOn('closed')];
}

function rely(s: State, pack: Pack): void {
  s.relied[pack] = s.next;
}

function addPack(s: State, pack: Pack): void {
  s.known.push(pack);
  s.place = pack;
  rely(s, pack);
}

function* readerSteps(now: State, keeps: Keeps): Generator<Step> {
  const { at } = now.reader;
  if (at === 'new' && isVisible(now, 0, keeps)) yield ['reader opens', (s) => open(s, s.reader)];
  if (at === 'open') yield ['reader looks up', (s) => Object.assign(s.reader, { at: 'found', found: s.place })];
  if (at === 'found') yield ['reader closes', (s) => Object.assign(s.reader, { at: 'closed' })];
}

function* pruneSteps(now: State, keeps: Keeps, { runs, repacks }: Cast): Generator<Step> {
  const { at, run } = now.prune;
  if (at === 'idle' && run < runs) yield ['prune marks', (s) => mark(s, keeps)];
  if (at === 'marked') yield ['prune decides', (s) => decide(s, keeps)];
  if (repacks && at === 'marked' && !now.where.R && isNeeded(now, keeps)) yield ['prune stores again', storeAgain];
  if (at === 'doomed') {
    if (!keeps('tombstone before move')) yield ['prune moves first', (s) => move(s, s.prune.dead, keeps)];
    yield ['prune writes the tombstone', (s) => writeTombstone(s)];
  }
  if (at === 'buried') {
    const going = PACKS.filter((pack) => now.log.includes(`t${pack}`) && now.where[pack] === 'packs');
    const moveAll = (s: State): void => {
      move(s, going, keeps);
      s.prune.at = 'moved';
    };
    yield ['prune moves', moveAll];
  }
  if (at === 'moved') yield ['prune purges', (s) => purge(s, keeps)];
}

function open(s: State, session: Session): void {
  Object.assign(session, { at: 'open', number: s.next++, seq: s.log.length });
}

function mark(s: State, keeps: Keeps): void {
  s.prune.run++;
  s.prune.at = 'marked';
  s.prune.seq = s.log.length;
  const needed = isNeeded(s, keeps);
  if (needed) rescue(s, keeps);
  if (s.late === 'unseen') s.late = 'seen';
  s.prune.dead = s.known.filter((pack) => s.buried[pack] === undefined && !(needed && pack === s.place));
  s.prune.gives = isForgotten(s) && !isGivenUp(s) && !isNeeded(s, keeps, 0);
}

/** A pack that holds more than what is needed is taken apart. */
function storeAgain(s: State): void {
  const before = s.place;
  s.where.R = 'packs';
  addPack(s, 'R');
  if (before && s.buried[before] === undefined) s.prune.dead.push(before);
}

function decide(s: State, keeps: Keeps): void {
  const news = s.log.slice(s.prune.seq).some((entry) => entry.startsWith('m') || entry === 'u');
  if (keeps('look again in turn') && news) {
    s.prune.run--;
    mark(s, keeps);
    return;
  }
  s.prune.dead = s.prune.dead.filter((pack) => !(keeps('relied stays') && isHeldSince(s, s.relied[pack])));
  for (const pack of s.prune.dead) s.buried[pack] = s.next;
  s.prune.at = 'doomed';
}

function writeTombstone(s: State): void {
  for (const pack of s.prune.dead) s.log.push(`t${pack}`);
  if (s.prune.dead.length > 0 && s.prune.gives) s.log.push('g');
  s.prune.at = 'buried';
}

function move(s: State, packs: readonly Pack[], keeps: Keeps): void {
  for (const pack of packs) {
    if (s.known.includes(pack) && keeps('move waits for holders') && isHeldSince(s, s.buried[pack])) continue;
    forgetPack(s, pack);
    s.where[pack] = 'trash';
  }
}

function forgetPack(s: State, pack: Pack): void {
  s.known = s.known.filter((other) => other !== pack);
  delete s.buried[pack];
  if (s.place === pack) s.place = null;
}

function purge(s: State, keeps: Keeps): void {
  for (const pack of PACKS) {
    if (s.where[pack] !== 'trash') continue;
    const wasSeen = s.seen[pack] !== undefined && s.seen[pack]! < s.prune.run;
    s.seen[pack] ??= s.prune.run;
    if (wasSeen && (!keeps('grace') || s.old.includes(pack))) s.where[pack] = 'gone';
  }
  s.prune.at = 'idle';
}

/** What is needed and only under a tombstone is stored again. */
function rescue(s: State, keeps: Keeps): void {
  if (s.place && s.buried[s.place] === undefined) return;
  if (!keeps('second mark')) return;
  const from = PACKS.find((pack) => s.where[pack] === 'trash' || s.where[pack] === 'packs');
  if (!from || s.where.S) return;
  s.where.S = 'packs';
  addPack(s, 'S');
}

function crash(s: State, keeps: Keeps): void {
  s.crashed = true;
  for (const session of [...s.backups, s.reader]) session.at = 'closed';
  s.prune.at = 'idle';
  s.relied = {};
  s.buried = {};
  if (!keeps('buried lasts')) return;
  for (const pack of s.known) if (s.log.includes(`t${pack}`)) s.buried[pack] = 0;
}

function rebuild(s: State): void {
  s.known = PACKS.filter((pack) => s.where[pack] === 'packs' && !s.log.includes(`t${pack}`));
  s.buried = {};
  s.seen = {};
  s.old = [];
  s.place = s.known.at(-1) ?? null;
}

function isHeldSince(s: State, number: number | undefined): boolean {
  if (number === undefined) return false;
  return [...s.backups, s.reader].some((session) => isOpen(session) && session.number < number);
}

function isOpen({ at }: Session): boolean {
  return at !== 'new' && at !== 'closed';
}

function isForgotten({ log }: State): boolean {
  return log.lastIndexOf('f') > log.lastIndexOf('u');
}

function isGivenUp({ log }: State): boolean {
  return log.includes('g');
}

function isVisible(s: State, id: number, keeps: Keeps): boolean {
  if (id !== 0) return s.log.includes(`m${id}`);
  return !isForgotten(s) && !(keeps('given up is for good') && isGivenUp(s));
}

/** As prune judges it: some snapshot, or that one, needs the chunk. */
function isNeeded(s: State, keeps: Keeps, only?: 0): boolean {
  const held = [...s.backups, s.reader].some((session) => isOpen(session) && s.log.lastIndexOf('f') >= session.seq);
  const zero = isVisible(s, 0, keeps) || (keeps('forget waits for holders') && isForgotten(s) && !isGivenUp(s) && held);
  return zero || (only === undefined && [1, 2, 9].some((id) => isVisible(s, id, keeps)));
}

/** What is wrong with a state, or undefined. */
function lossIn(s: State): string | undefined {
  const has = (pack: Pack, places: readonly string[]): boolean => places.includes(s.where[pack] ?? 'none');
  const isSafe = PACKS.some((pack) => has(pack, ['packs']) && !s.log.includes(`t${pack}`));
  const isAnywhere = PACKS.some((pack) => has(pack, ['packs', 'trash']));
  const acknowledged = s.log.includes('m1') || s.log.includes('m2');
  const zero = !isForgotten(s) || !isGivenUp(s);
  if (!isAnywhere && (acknowledged || zero || s.log.includes('m9'))) return 'the chunk is nowhere any more';
  if (!isSafe && (acknowledged || zero) && (s.late === 'never' || s.late === 'not'))
    return 'the chunk is only where a rebuild would not look';
  if (s.late === 'seen' && s.prune.at === 'moved' && !isSafe) return 'a late entry lacks its chunk after a mark';
  const { at, found } = s.reader;
  if (at === 'open' && (!s.place || s.where[s.place] !== 'packs')) return 'the reader finds nothing';
  if (at === 'found' && (!found || s.where[found] !== 'packs')) return 'the reader’s pack has gone from under it';
  return undefined;
}
