import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ADMINISTRATOR,
  type AnswerOf,
  DEFAULT_SETTINGS,
  type InputOf,
  OPERATIONS,
  type OperationContext,
  type OperationName,
} from '../../src/api/index.js';
import { isBitacoraError, noProgress, silentLogger, systemClock, systemRandom, utf8 } from '../../src/base/index.js';
import { createEngine, type Engine } from '../../src/engine/index.js';
import { encodeEntry, type Manifest, NO_COUNTS } from '../../src/format/index.js';
import { createUuid, formatUuid } from '../../src/snapshot/index.js';
import { MemoryBackend } from '../../src/storage/index.js';
import { initVault, openVault, type Vault } from '../../src/vault/index.js';
import { emptyTree } from './empty-tree.js';
import { type HostileCase, HostileMaker } from './hostile-case.js';
import { lookAround } from './surroundings.js';

export const USER = 'ana';

/** A vault whose keys somebody else has as well, a target, and beside it what nobody may touch. */
export interface HostilePlace {
  readonly root: string;
  readonly target: string;
  readonly vault: Vault;
  /** An honest snapshot from before; nothing of it is left in the newest state. */
  readonly before: string;
  /** Puts a case's content into the vault as the user's newest snapshot; answers the paths of its scopes. */
  store(hostile: HostileCase): Promise<readonly Uint8Array[]>;
  /** Runs an operation as the daemon or the command line would. Only errors with a code of the table may come of it. */
  run<Name extends OperationName>(
    name: Name,
    input: InputOf<Name>,
  ): Promise<AnswerOf<Name> | { readonly code: string }>;
  /** What is around the target. */
  around(): string[];
  /** Makes the target empty again. */
  clear(): void;
  close(): Promise<void>;
}

export async function makeHostilePlace(threads: number): Promise<HostilePlace> {
  const root = mkdtempSync(join(tmpdir(), 'bitacora-hostile-'));
  const path = join(root, 'vault');
  const target = join(root, 'target');
  makeSurroundings(root);
  const options = { path, keyFile: join(root, 'key'), backend: new MemoryBackend() };
  await initVault(options);
  const vault = await openVault(options);
  await vault.ensureUser(USER);
  const before = await storeHonest(vault);
  const engine = await createEngine({ threads });
  return {
    root,
    target,
    vault,
    before,
    store: (hostile) => store(vault, hostile),
    run: (name, input) => run(vault, engine, name, input),
    around: () => lookAround(root, [target, path]),
    clear: () => {
      emptyTree(target);
      mkdirSync(target, { mode: 0o755 });
    },
    async close() {
      await engine.close();
      await vault.close();
      emptyTree(root);
    },
  };
}

function makeSurroundings(root: string): void {
  const outside = join(root, 'outside');
  mkdirSync(join(outside, 'directory/empty'), { recursive: true });
  writeFileSync(join(outside, 'secret'), 'outside, untouched', { mode: 0o600 });
  writeFileSync(join(outside, 'directory/file'), 'also untouched', { mode: 0o644 });
  symlinkSync('secret', join(outside, 'link'));
  mkdirSync(join(root, 'target'));
}

async function store(vault: Vault, hostile: HostileCase): Promise<readonly Uint8Array[]> {
  const user = await vault.openUser(USER);
  try {
    const maker = new HostileMaker(user);
    const content = await hostile.make(maker);
    const scopes = 'scopes' in content ? content.scopes : [{ path: '/s', entry: maker.directory('s', content) }];
    const packs = await maker.store();
    const body = manifestOf(scopes, packs, ['path:/s']);
    await user.log.append({ kind: 'manifest', body });
    return body.scopes.map(({ path }) => path);
  } finally {
    user.close();
  }
}

async function storeHonest(vault: Vault): Promise<string> {
  const user = await vault.openUser(USER);
  try {
    const maker = new HostileMaker(user);
    const entry = maker.directory('s', [maker.file('a', 'honest'), maker.directory('d', [maker.file('x', 'honest')])]);
    const body = manifestOf([{ path: '/s', entry }], await maker.store(), []);
    await user.log.append({ kind: 'manifest', body });
    return formatUuid(body.backupId);
  } finally {
    user.close();
  }
}

type Scopes = Extract<Awaited<ReturnType<HostileCase['make']>>, { scopes: unknown }>['scopes'];

function manifestOf(scopes: Scopes, packs: readonly Uint8Array[], ended: readonly string[]): Manifest {
  const now = systemClock.now();
  return {
    backupId: createUuid(systemClock, systemRandom),
    kind: 'manual',
    status: 'complete',
    started: now,
    captured: now,
    parent: null,
    scopes: scopes.map(({ path, entry }) => {
      const bytes = typeof path === 'string' ? utf8(path) : path;
      const root = entry instanceof Uint8Array ? entry : encodeEntry(entry);
      return { scope: `path:${Buffer.from(bytes).toString('utf8')}`, path: bytes, entry: root, files: 1, bytes: 1 };
    }),
    ended,
    session: null,
    reason: null,
    job: null,
    idempotency: null,
    packs,
    counts: NO_COUNTS,
    failures: { count: 0, items: [] },
    program: 'evil\u001b[2J',
    host: 'evil\nhost',
  };
}

async function run<Name extends OperationName>(
  vault: Vault,
  engine: Engine,
  name: Name,
  input: InputOf<Name>,
): Promise<AnswerOf<Name> | { readonly code: string }> {
  const closers: (() => void | Promise<void>)[] = [];
  const context: OperationContext = {
    vault,
    engine: async () => engine,
    atEnd: (close) => void closers.push(close),
    body: undefined,
    records: undefined,
    jobId: undefined,
    again: false,
    settings: DEFAULT_SETTINGS,
    caller: ADMINISTRATOR,
    daemon: undefined,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    progress: noProgress,
    signal: new AbortController().signal,
  };
  try {
    const operation = (await OPERATIONS[name].load()) as (
      context: OperationContext,
      input: InputOf<Name>,
    ) => Promise<AnswerOf<Name>>;
    return await collected(await operation(context, input));
  } catch (error) {
    if (isBitacoraError(error) && error.code !== 'INTERNAL') return { code: error.code };
    throw error;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** Takes what comes as a stream to its end, or as much as somebody would bear; keeps nothing. */
async function collected<Answer>(answer: Answer): Promise<Answer> {
  if (typeof answer !== 'object' || answer === null) return answer;
  if ('items' in answer) {
    let count = 0;
    for await (const _ of answer.items as AsyncIterable<unknown>) if (++count > ITEMS_MAX) break;
  } else if (Symbol.asyncIterator in answer) {
    let count = 0;
    for await (const { length } of answer as AsyncIterable<Uint8Array>) {
      count += length;
      if (count > BYTES_MAX) break;
    }
  }
  return answer;
}

const ITEMS_MAX = 100_000;
/** A snapshot may rightly hold a file of petabytes of nothing. */
const BYTES_MAX = 64 * 2 ** 20;
