import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { BitacoraError, errnoCode, utf8 } from '../base/index.js';
import type { RecordSource } from './records/record-source.js';
import { checkStreamName, pathScope, type StreamSource, streamScope } from './stream-source.js';

/** A path scope to walk. */
export interface PathSource {
  readonly scope: string;
  readonly path: Uint8Array;
  readonly text: string;
  readonly isDirectory: boolean;
}

export interface Sources {
  readonly paths: readonly PathSource[];
  readonly streams: readonly StreamSource[];
  readonly records: RecordSource | undefined;
}

/**
 * Resolves and checks what is to be captured. `vaultPath` is where the vault lies, undefined for one without files. A link as the last step of a path is followed; the scope keeps the name given.
 *
 * @throws {BitacoraError} `NO_SOURCE`, `BAD_NAME`, `USAGE`, `SOURCE_MISSING`, `SOURCE_UNREADABLE`, `VAULT_IN_SOURCE`.
 */
export function checkSources(
  given: readonly string[],
  vaultPath: string | undefined,
  more: {
    readonly streams?: readonly StreamSource[] | undefined;
    readonly records?: RecordSource | undefined;
    readonly oneFileSystem?: boolean | undefined;
  } = {},
): Sources {
  const { streams = [], records, oneFileSystem = false } = more;
  if (given.length === 0 && streams.length === 0 && !records) {
    throw new BitacoraError('NO_SOURCE', 'There is nothing to back up. Name a directory with --path DIR.');
  }
  const scopes = new Set<string>();
  for (const { name } of streams) {
    checkStreamName(name);
    const scope = streamScope(name);
    if (scopes.has(scope)) throw new BitacoraError('USAGE', `Two streams have the name "${name}". Give each its own.`);
    scopes.add(scope);
  }
  const paths = new Map<string, PathSource>();
  for (const one of given) {
    const path = resolve(one);
    const stat = statSource(path);
    if (vaultPath !== undefined) checkApart(path, vaultPath, oneFileSystem);
    paths.set(path, { scope: pathScope(path), path: utf8(path), text: path, isDirectory: stat.isDirectory() });
  }
  return { paths: [...paths.values()], streams, records };
}

function statSource(path: string): ReturnType<typeof statSync> & object {
  try {
    return statSync(path);
  } catch (error) {
    const missing = ['ENOENT', 'ENOTDIR'].includes(errnoCode(error) ?? '');
    if (missing) {
      throw new BitacoraError('SOURCE_MISSING', `Cannot back up "${path}": it does not exist.`, { cause: error });
    }
    throw new BitacoraError('SOURCE_UNREADABLE', `Cannot back up "${path}": ${errnoCode(error)}.`, { cause: error });
  }
}

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
}

function same(a: Identity, b: Identity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/**
 * Neither may lie in the other. Compares by device and inode, so that links and mounts do not hide it. A vault on another file system
 * than the source is out of reach of a walk that stays on the source's.
 */
function checkApart(source: string, vaultPath: string, oneFileSystem: boolean): void {
  const vault = statSync(vaultPath, { bigint: true });
  for (const stat of upwards(realpathSync(source))) {
    if (same(stat, vault)) throw inSource(source, `it lies inside the vault "${vaultPath}"`);
  }
  const wanted = statSync(source, { bigint: true });
  let reachable = true;
  for (const stat of upwards(realpathSync(vaultPath))) {
    if (oneFileSystem && stat.dev !== wanted.dev) reachable = false;
    if (same(stat, wanted) && reachable) throw inSource(source, `the vault "${vaultPath}" lies inside it`);
  }
}

/** The error for a source that has something to do with the vault. */
export function inSource(source: string, how: string): BitacoraError {
  const message = `Cannot back up "${source}": ${how}. Move the vault or choose another source.`;
  return new BitacoraError('VAULT_IN_SOURCE', message, { details: { source } });
}

/** The vault's directory, however the walk comes to it. */
export interface VaultIdentity {
  readonly device: number;
  readonly inode: bigint;
}

export function vaultIdentity(vaultPath: string | undefined): VaultIdentity | undefined {
  if (vaultPath === undefined) return undefined;
  const { dev, ino } = statSync(vaultPath, { bigint: true });
  return { device: Number(dev), inode: ino };
}

/** A path itself and every directory above it. */
function* upwards(from: string): Generator<Identity> {
  for (let path = from; ; path = resolve(path, '..')) {
    yield statSync(path, { bigint: true });
    if (path === resolve(path, '..')) return;
  }
}
