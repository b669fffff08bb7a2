import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { type BackupOptions, type BackupReport, backup } from '../../src/backup/index.js';
import { type Clock, type Logger, silentLogger, systemRandom } from '../../src/base/index.js';
import { loadCodecs } from '../../src/codec/index.js';
import { createEngine, type Engine, type Lane } from '../../src/engine/index.js';
import { decodeEntry, ENTRY_TYPES, NodeReader, type ScopeRecord, type TreeEntry } from '../../src/format/index.js';
import type { Backend } from '../../src/storage/index.js';
import { MemoryBackend } from '../../src/storage/index.js';
import { initVault, openVault, type UserRepository, type Vault } from '../../src/vault/index.js';

/** The wall clock, moved: what is written now then lies `aheadMs` back. */
export function shiftedClock(aheadMs: number): Clock {
  return { now: () => Date.now() + aheadMs, monotonic: () => performance.now() };
}

/** What a snapshot holds of one name. */
export interface Kept {
  readonly entry: TreeEntry;
  /** Of a file: its bytes. */
  readonly bytes: Buffer | undefined;
}

export interface Setting {
  readonly root: string;
  /** What is backed up; empty at first. */
  readonly source: string;
  readonly vaultPath: string;
  readonly backend: Backend;
  readonly vault: Vault;
  readonly repository: UserRepository;
  readonly engine: Engine;
  readonly hooks: EngineHooks;
  run(options?: Partial<BackupOptions>): Promise<BackupReport>;
  /** Everything below a scope by path from its root, which itself is ''. Read through the chunks, ids checked. */
  read(scope: ScopeRecord): Promise<Map<string, Kept>>;
  /** Closes the user and opens it again. */
  reopen(options?: { readonly rebuild?: boolean }): Promise<UserRepository>;
  /** Writes a file below the source, with the directories that it needs. */
  write(path: string, content: string | Uint8Array): string;
}

export interface SettingOptions {
  readonly backend?: Backend | undefined;
  /** A vault of files instead of one in memory. */
  readonly local?: boolean;
  readonly threads?: number;
  readonly logger?: Logger;
}

/** A vault, an engine and an empty source directory; all gone when the test ends. */
export async function makeSetting(t: Test, options: SettingOptions = {}): Promise<Setting> {
  await loadCodecs();
  const root = await mkdtemp(join(tmpdir(), 'bitacora-backup-'));
  const source = join(root, 'source');
  await mkdir(source);
  const memory = options.local ? undefined : (options.backend ?? new MemoryBackend());
  const place = { path: join(root, 'vault'), keyFile: join(root, 'key'), backend: memory };
  await initVault(place);
  const vault = await openVault(place);
  await vault.ensureUser('ana');
  let repository = await vault.openUser('ana');
  const hooks: EngineHooks = {};
  const engine = hookedEngine(await createEngine({ threads: options.threads ?? 0 }), hooks);
  t.teardown(async () => {
    repository.close();
    await engine.close();
    await vault.close();
    // Node's own `rm` cannot take away paths beyond the limit of one call.
    execFileSync('rm', ['-rf', root]);
  });
  return {
    root,
    source,
    vaultPath: place.path,
    backend: vault.backend,
    vault,
    engine,
    hooks,
    get repository() {
      return repository;
    },
    run: (more = {}) =>
      backup({
        repository,
        vaultPath: place.path,
        engine,
        paths: [source],
        kind: 'manual',
        clock: shiftedClock(60_000),
        random: systemRandom,
        logger: options.logger ?? silentLogger,
        ...more,
      }),
    read: (scope) => readScope(repository, scope),
    reopen: async (more = {}) => {
      repository.close();
      repository = await vault.openUser('ana', more);
      return repository;
    },
    write(path, content) {
      const full = join(source, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content);
      return full;
    },
  };
}

export async function readScope(repository: UserRepository, scope: ScopeRecord): Promise<Map<string, Kept>> {
  const found = new Map<string, Kept>();
  const root = decodeEntry(new NodeReader(scope.entry, 'a scope'));
  await readEntry(repository, root, '', found);
  return found;
}

async function readEntry(
  repository: UserRepository,
  entry: TreeEntry,
  path: string,
  found: Map<string, Kept>,
): Promise<void> {
  found.set(path, { entry, bytes: entry.type === ENTRY_TYPES.file ? await fileBytes(repository, entry) : undefined });
  if (entry.content.form !== 'directory') return;
  for await (const child of repository.trees.entries(entry.content.id)) {
    const name = Buffer.from(child.name).toString('latin1');
    await readEntry(repository, child, path === '' ? name : `${path}/${name}`, found);
  }
}

async function fileBytes(repository: UserRepository, entry: TreeEntry): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const { length, id } of repository.trees.fileItems(entry)) {
    parts.push(id ? await repository.chunks.read(1, id) : new Uint8Array(length));
  }
  return Buffer.concat(parts);
}

/** Runs `work` as somebody whom file modes stop, which root is not. All of the setting becomes theirs. */
export async function asOrdinaryUser<T>(setting: Setting, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  execFileSync('chown', ['-R', '65534', setting.root]);
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** Bytes that do not repeat and do not compress, the same for the same seed. */
export function noise(length: number, seed = 1): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Names of the user's objects of one kind on the backend: `packs` or `log`. */
export async function objects(setting: Setting, part: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of setting.backend.list('users/')) if (name.includes(`/${part}/`)) names.push(name);
  return names;
}

/** What a test does between the main thread and the workers. */
export interface EngineHooks {
  /** Before each call of a worker. */
  call?: ((type: string) => void) | undefined;
  /** Before each answer to a worker. */
  ask?: ((type: string) => void) | undefined;
}

function hookedEngine(inner: Engine, hooks: EngineHooks): Engine {
  const lanes = inner.lanes.map(
    (lane): Lane => ({
      index: lane.index,
      close: () => lane.close(),
      call: async (type, payload, transfer) => {
        hooks.call?.(type);
        return lane.call(type, payload, transfer);
      },
      onAsk: (type, answer) =>
        lane.onAsk(type, async (payload) => {
          hooks.ask?.(type);
          return answer(payload);
        }),
    }),
  );
  return { lanes, close: () => inner.close() };
}

/** How many descriptors this process has open. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** What lies in the spool of a vault of files. */
export function spooled(setting: Setting): string[] {
  return readdirSync(setting.backend.spoolDirectory()!);
}
