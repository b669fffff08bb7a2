import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { utf8 } from '../../src/base/index.js';
import { loadCodecs } from '../../src/codec/index.js';
import { createEngine, type Engine } from '../../src/engine/index.js';
import type { TreeEntry } from '../../src/format/index.js';
import { type RestoreOptions, type RestoreReport, type RestoreScope, restore } from '../../src/restore/index.js';
import { type Backend, MemoryBackend } from '../../src/storage/index.js';
import { initVault, openVault, type UserRepository } from '../../src/vault/index.js';
import { TreeMaker } from '../helpers/make-tree.js';

export interface Place {
  /** Everything of the test lies below. */
  readonly root: string;
  /** An empty directory to restore into. */
  readonly target: string;
  readonly vaultPath: string;
  readonly repository: UserRepository;
  readonly backend: Backend;
  readonly tree: TreeMaker;
  readonly engine: Engine;
  /** Stores what `tree` made and restores a scope `path:/s` with these entries, flattened unless told. */
  restore(entries: readonly TreeEntry[] | TreeEntry, options?: Partial<RestoreOptions>): Promise<RestoreReport>;
  /** Restores given scopes. */
  run(scopes: readonly RestoreScope[], options?: Partial<RestoreOptions>): Promise<RestoreReport>;
  scope(path: string, entry: TreeEntry): RestoreScope;
}

/** A vault with one user, an engine and an empty target. */
export async function makePlace(test: Test, options: { threads?: number; backend?: Backend } = {}): Promise<Place> {
  await loadCodecs();
  const root = await mkdtemp(join(tmpdir(), 'bitacora-restore-test-'));
  const vaultPath = join(root, 'vault');
  const target = join(root, 'target');
  mkdirSync(target);
  const backend = options.backend ?? new MemoryBackend();
  const vaultOptions = { path: vaultPath, keyFile: join(root, 'key'), backend };
  await initVault(vaultOptions);
  const vault = await openVault(vaultOptions);
  await vault.ensureUser('ana');
  const repository = await vault.openUser('ana');
  const engine = await createEngine({ threads: options.threads ?? 0 });
  test.teardown(async () => {
    await engine.close();
    repository.close();
    await vault.close();
    await rm(root, { recursive: true, force: true });
  });
  const tree = new TreeMaker(repository);
  const { chunks, openSecrets: secrets } = repository;
  const source = { chunks, backend, secrets, engine, vaultPath };
  const run = (scopes: readonly RestoreScope[], more: Partial<RestoreOptions> = {}) =>
    restore({ source, scopes, target, ...more });
  const scope = (path: string, entry: TreeEntry): RestoreScope => ({ scope: `path:${path}`, path: utf8(path), entry });
  return {
    root,
    target,
    vaultPath,
    repository,
    backend,
    tree,
    engine,
    run,
    scope,
    async restore(entries, more = {}) {
      const entry = 'type' in entries ? entries : tree.directory('s', entries);
      await tree.store();
      return run([scope('/s', entry)], { flatten: true, ...more });
    },
  };
}

/** Everything below a directory as lines of path, kind and content. */
export function look(directory: string, prefix = ''): string[] {
  const lines: string[] = [];
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) lines.push(`${prefix}${name}/`, ...look(path, `${prefix}${name}/`));
    else if (stat.isSymbolicLink()) lines.push(`${prefix}${name} -> ${readlinkSync(path)}`);
    else if (stat.isFile()) lines.push(`${prefix}${name} = ${readFileSync(path, 'latin1').slice(0, 40)}`);
    else lines.push(`${prefix}${name} special`);
  }
  return lines;
}

/** The codes of a report's failures with their paths. */
export function failed(report: RestoreReport): string[] {
  return report.failures.items.map(({ path, code }) => `${code} ${path}`);
}
