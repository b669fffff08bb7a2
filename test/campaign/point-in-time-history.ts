import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backup, noteSnapshot, readRecords, recordSource } from '../../src/backup/index.js';
import { type Clock, fromHex, silentLogger, systemRandom, utf8 } from '../../src/base/index.js';
import type { Engine } from '../../src/engine/index.js';
import { formatUuid } from '../../src/snapshot/index.js';
import type { UserRepository } from '../../src/vault/index.js';
import type { ModelRecord, ModelScope, ModelSnapshot } from './point-in-time-model.js';
import type { SeededRandom } from './random.js';

/** Directories that may be scopes; each lies in those before it that its path begins with. */
const DIRECTORIES = ['p', 'p/q', 'p/q/r', 's'];
const SESSIONS = ['one', 'two', 'three'];
const COLLECTIONS = ['actions', 'sparks', 'topics', 'user_config'];
const USER_WIDE = ['user_config'];
const IDS = ['a', 'b', 'c', '7', 'd/e'];

/** A clock that stands still until it is told to go on: captures at one time are no accident. */
export class HandClock implements Clock {
  time = 1_000_000_000_000;

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }
}

/** A user to whom random things happen, each written down in the model as well. */
export class History {
  readonly snapshots: ModelSnapshot[] = [];
  readonly root: string;
  readonly #repository: UserRepository;
  readonly #engine: Engine;
  readonly #random: SeededRandom;
  readonly #clock: HandClock;
  #numbers = 0;

  constructor(root: string, repository: UserRepository, engine: Engine, random: SeededRandom, clock: HandClock) {
    this.root = root;
    this.#repository = repository;
    this.#engine = engine;
    this.#random = random;
    this.#clock = clock;
    mkdirSync(join(root, 's'), { recursive: true });
  }

  /** One more thing happens. Returns what. */
  async step(): Promise<string> {
    const random = this.#random;
    // Now and then somebody sets the clock back: then a later snapshot is of an earlier time.
    this.#clock.time += random.chance(0.05) ? -random.below(6) : random.below(3);
    const steps = [
      'session',
      'session',
      'collections',
      'paths',
      'paths',
      'everything',
      'end',
      'edit',
      'edit',
      'forget',
    ];
    const step = random.pick(steps);
    if (step === 'edit') this.#edit();
    else if (step === 'forget') await this.#forget();
    else if (step === 'end') await this.#end();
    else {
      const withRecords = step !== 'paths';
      const session =
        step === 'session' || (step === 'everything' && random.chance(0.5)) ? random.pick(SESSIONS) : undefined;
      const paths = step === 'paths' || step === 'everything' ? this.#paths() : [];
      if (withRecords || paths.length > 0) await this.#backup(session, withRecords, paths);
    }
    return step;
  }

  async #backup(session: string | undefined, withRecords: boolean, paths: readonly string[]): Promise<void> {
    const random = this.#random;
    const made = withRecords ? this.#data() : undefined;
    // Records without a session and a collection say nothing, and are refused.
    const data = session === undefined && made?.collections.size === 0 ? undefined : made;
    if (!data && paths.length === 0) return;
    const exclude = paths.length > 0 && random.chance(0.2) ? ['/q'] : [];
    const ended = random.chance(0.1) ? this.#someScopes() : [];
    const bytes = utf8(data?.json ?? '{}');
    const records = recordSource(() => readRecords('json', once(bytes)), { session, userWide: USER_WIDE });
    const report = await backup({
      repository: this.#repository,
      engine: this.#engine,
      vaultPath: undefined,
      paths: paths.map((path) => join(this.root, path)),
      records: data && records,
      kind: session === undefined ? 'manual' : 'session_end',
      session,
      ended,
      exclude,
      ...this.#tools(),
    });
    if (report.status !== 'complete') throw new Error(`A backup is ${report.status}.`);
    const scopes = new Map<string, ModelScope>();
    for (const path of paths) scopes.set(`path:${join(this.root, path)}`, this.#tree(path, exclude.length > 0));
    if (data) this.#addRecords(scopes, session, data.collections);
    this.#note(report.backupId!, scopes, ended);
  }

  #addRecords(
    scopes: Map<string, ModelScope>,
    session: string | undefined,
    collections: ReadonlyMap<string, readonly ModelRecord[]>,
  ): void {
    const own = new Map<string, readonly ModelRecord[]>();
    if (session !== undefined) scopes.set(`session:${session}`, { kind: 'records', collections: own });
    for (const [name, records] of collections) {
      if (session !== undefined && !USER_WIDE.includes(name)) own.set(name, records);
      else scopes.set(`collection:${name}`, { kind: 'records', collections: new Map([[name, records]]) });
    }
  }

  #note(id: Uint8Array, scopes: ReadonlyMap<string, ModelScope>, ended: readonly string[]): void {
    this.snapshots.push({ id: formatUuid(id), captured: this.#clock.time, scopes, ended, forgotten: false });
  }

  async #end(): Promise<void> {
    const ended = this.#someScopes();
    if (ended.length === 0) return;
    const report = await noteSnapshot({ repository: this.#repository, kind: 'manual', ended, ...this.#tools() });
    this.#note(report.backupId!, new Map(), ended);
  }

  /** Names of scopes that were captured once, whether they are still there or not. */
  #someScopes(): string[] {
    const names = [...new Set(this.snapshots.flatMap(({ scopes }) => [...scopes.keys()]))];
    return names.length === 0 ? [] : [...new Set([this.#random.pick(names), this.#random.pick(names)])];
  }

  async #forget(): Promise<void> {
    if (this.snapshots.length === 0) return;
    const snapshot = this.#random.pick(this.snapshots);
    const kind = snapshot.forgotten ? 'unforget' : 'forget';
    await this.#repository.log.append({ kind, body: { backupIds: [fromHex(snapshot.id.replaceAll('-', ''))] } });
    snapshot.forgotten = !snapshot.forgotten;
  }

  #tools() {
    return { clock: this.#clock, random: systemRandom, logger: silentLogger };
  }

  /** A few collections, as JSON and as the model has them. */
  #data(): { readonly json: string; readonly collections: ReadonlyMap<string, readonly ModelRecord[]> } {
    const collections = new Map<string, readonly ModelRecord[]>();
    const members: string[] = [];
    for (const name of COLLECTIONS) {
      if (this.#random.chance(0.5)) continue;
      const isValue = this.#random.chance(0.1);
      const records = Array.from({ length: isValue ? 1 : this.#random.below(5) }, () => this.#record(isValue));
      collections.set(name, records);
      const texts = records.map(({ json }) => json);
      members.push(`"${name}": ${isValue ? texts[0] : `[ ${texts.join(' ,\n')} ]`}`);
    }
    return { json: `{${members.join(', ')}}`, collections };
  }

  /** Whoever sends a value sends it without an id, which would make an item of it. */
  #record(isValue: boolean): ModelRecord {
    const id = isValue || this.#random.chance(0.2) ? undefined : this.#random.pick(IDS);
    const number = `"n": ${++this.#numbers}.0e0, "big":12345678901234567890`;
    if (id === undefined) return { json: `{${number}}`, id };
    return { json: `{ "id":${id === '7' ? '7' : `"${id}"`}, ${number}}`, id };
  }

  #paths(): string[] {
    const there = DIRECTORIES.filter((path) => isDirectory(join(this.root, path)));
    const some = there.filter(() => this.#random.chance(0.4));
    return some.length > 0 ? some : there.slice(0, 1);
  }

  #edit(): void {
    const random = this.#random;
    for (let edits = 1 + random.below(4); edits > 0; edits--) {
      const directory = join(this.root, random.pick(DIRECTORIES));
      if (random.chance(0.15)) rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory, { recursive: true });
      const file = join(directory, random.pick(['f', 'g', 'h']));
      if (random.chance(0.3)) rmSync(file, { force: true });
      else writeFileSync(file, `content ${++this.#numbers}`);
    }
  }

  #tree(path: string, withoutQ: boolean): ModelScope {
    const root = join(this.root, path);
    const entries = new Map([[root, 'directory']]);
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (withoutQ && (name === 'q' || name.startsWith('q/'))) continue;
      const full = join(root, name);
      entries.set(full, isDirectory(full) ? 'directory' : `= ${readFileSync(full, 'utf8')}`);
    }
    return { kind: 'tree', path: root, entries };
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
