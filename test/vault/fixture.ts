import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Clock, type Logger, systemRandom, toHex, utf8 } from '../../src/base/index.js';
import { type Manifest, NO_COUNTS, packName, uidOf } from '../../src/format/index.js';
import { createUuid, type NamedEntry } from '../../src/snapshot/index.js';
import type { Backend } from '../../src/storage/index.js';
import { readPackHead } from '../../src/store/index.js';
import { initVault, openVault, type UserRepository, type Vault, type VaultOptions } from '../../src/vault/index.js';
import { type MadePack, makePack } from '../helpers/make-pack.js';

/** A logger that remembers its lines as `level: message`. */
export function memoryLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const level = (name: string) => (message: string) => void lines.push(`${name}: ${message}`);
  return { lines, debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };
}

/** A clock that moves a second at every look. */
export function steppingClock(start = 1_700_000_000_000): Clock {
  let now = start;
  const step = () => {
    now += 1000;
    return now;
  };
  return { now: step, monotonic: step };
}

export interface Place {
  /** Everything of the test lies below. */
  readonly root: string;
  readonly path: string;
  readonly keyFile: string;
  open(options?: Partial<VaultOptions>): Promise<Vault>;
  /** A copy of the whole vault directory. */
  copy(name: string): Promise<string>;
}

/** A new vault with its key beside it; the memory or whatever backend, if given, holds its objects. */
export async function makeVault(test: Test, backend?: Backend): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'bitacora-vault-'));
  test.teardown(() => rm(root, { recursive: true, force: true }));
  await chmod(root, 0o755);
  const place = { path: join(root, 'vault'), keyFile: join(root, 'key'), backend, clock: steppingClock() };
  await initVault(place);
  return {
    root,
    ...place,
    open: (options) => openVault({ ...place, ...options }),
    copy: async (name) => {
      const to = join(root, name);
      await cp(place.path, to, { recursive: true, preserveTimestamps: true });
      return to;
    },
  };
}

export async function openUser(vault: Vault, name = 'ana'): Promise<UserRepository> {
  await vault.ensureUser(name);
  return vault.openUser(name);
}

export function makeManifest(packs: readonly Uint8Array[], more: Partial<Manifest> = {}): Manifest {
  return {
    backupId: createUuid(steppingClock(), systemRandom),
    kind: 'manual',
    status: 'complete',
    started: 1,
    captured: 2,
    parent: null,
    scopes: [],
    ended: [],
    session: null,
    reason: null,
    job: null,
    idempotency: null,
    packs,
    counts: NO_COUNTS,
    failures: { count: 0, items: [] },
    program: 'test',
    host: 'test',
    ...more,
  };
}

/** A pack of two frames of chunks that say `label`, put and indexed. */
export async function storePack(repository: UserRepository, label: string): Promise<MadePack> {
  const chunk = (i: number) => utf8(`${label} ${i}`);
  const pack = makePack(repository.secrets, [[chunk(1), chunk(2)], [chunk(3)]]);
  await repository.backend.put(packName(uidOf(repository.uid), pack.name), { bytes: pack.bytes });
  await repository.index.addPack(pack.name, await headOf(repository, pack), contentsOf(pack));
  return pack;
}

/** A pack and the manifest that names it. */
export async function storeSnapshot(
  repository: UserRepository,
  label: string,
  more: Partial<Manifest> = {},
): Promise<{ readonly pack: MadePack; readonly entry: NamedEntry }> {
  const pack = await storePack(repository, label);
  return { pack, entry: await repository.log.append({ kind: 'manifest', body: makeManifest([pack.name], more) }) };
}

function contentsOf(pack: MadePack): { firstChunks: number[]; ids: Uint8Array } {
  return { firstChunks: [0, 2, 3], ids: pack.ids };
}

async function headOf(repository: UserRepository, pack: MadePack): Promise<Uint8Array> {
  return (await readPackHead(repository.backend, repository.keys, pack.name)).sealedHead;
}

/** Where chunks are, in a form that does not depend on the order in which packs came. */
export async function places(repository: UserRepository, ids: Uint8Array): Promise<(string | undefined)[]> {
  const found = await repository.index.lookup(ids);
  return found.map((place) =>
    place ? `${toHex(repository.index.packName(place.pack))}/${place.frame}/${place.position}` : undefined,
  );
}
