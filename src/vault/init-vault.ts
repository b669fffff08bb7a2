import { mkdir, readdir, rmdir, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  BitacoraError,
  type Clock,
  errnoCode,
  isBitacoraError,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
  toHex,
  writeError,
} from '../base/index.js';
import { deriveMaster, hmacSha256 } from '../crypto/index.js';
import { encodeKeyFile, encodeVaultFile, VAULT_FILE_NAME, VAULT_FORMAT, vaultMacText } from '../format/index.js';
import { type Backend, openLocalBackend } from '../storage/index.js';
import type { VaultEnvironment } from './environment.js';
import { checkOutside, createKeyFile } from './key-file.js';
import { defaultEnvironment, usualKeyFile } from './places.js';
import { syncUpTo } from './sync-names.js';
import { putTwice } from './twice.js';

/** Process and random digits, as the local backend has it. */
const UNFINISHED = /^[0-9]+-[0-9a-f]{24}$/;

export interface InitOptions {
  /** The vault's directory; parents are made. */
  readonly path: string;
  /** Where the new master key goes; left out, to its usual place. */
  readonly keyFile?: string | undefined;
  /** Where the objects go instead of into the directory. The caller closes it. */
  readonly backend?: Backend | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly environment?: VaultEnvironment | undefined;
}

export interface CreatedVault {
  readonly vaultId: string;
  readonly path: string;
  /** Nothing can be restored without this file: a copy of it belongs elsewhere. */
  readonly keyFile: string;
}

/**
 * Makes a vault and its master key. `vault.json` comes last: before it is there, there is no vault.
 *
 * @throws {BitacoraError} `VAULT_EXISTS` if something is at either place; `KEY_UNSAFE` if the key would lie in the
 *   vault; `NO_SPACE`; `VAULT_READ_ONLY`; `BACKEND_FAILED`.
 */
export async function initVault(options: InitOptions): Promise<CreatedVault> {
  const { clock = systemClock, random = systemRandom, environment = defaultEnvironment() } = options;
  const path = resolve(options.path);
  const vaultId = random.bytes(16);
  const keyFile = resolve(options.keyFile ?? usualKeyFile(toHex(vaultId), environment));
  await checkOutside(keyFile, path);
  await makeDirectory(path);
  const backend = options.backend ?? (await openLocalBackend(path));
  try {
    if (await backend.stat(VAULT_FILE_NAME)) throw exists(path, 'there is a vault');
    const masterKey = random.bytes(32);
    try {
      await createKeyFile(keyFile, encodeKeyFile({ vaultId, masterKey }));
      await putVaultFile(backend, keyFile, vaultFile(masterKey, vaultId, clock.now()), path);
    } finally {
      masterKey.fill(0);
    }
  } finally {
    if (!options.backend) await backend.close();
  }
  return { vaultId: toHex(vaultId), path, keyFile };
}

function vaultFile(masterKey: Uint8Array, vaultId: Uint8Array, created: number): Uint8Array {
  const { vaultMacKey } = deriveMaster(masterKey, vaultId);
  const file = { format: VAULT_FORMAT, vaultId, created };
  return encodeVaultFile({ ...file, mac: hmacSha256(vaultMacKey, vaultMacText(file)) });
}

async function putVaultFile(backend: Backend, keyFile: string, bytes: Uint8Array, path: string): Promise<void> {
  try {
    await putTwice({ backend, logger: silentLogger, isReadOnly: () => false }, VAULT_FILE_NAME, bytes);
  } catch (error) {
    const overtaken = isBitacoraError(error, 'OBJECT_EXISTS');
    const unknown = isBitacoraError(error, 'OBJECT_UNKNOWN');
    // A key without a vault is worth nothing, but it is removed only where it certainly has none.
    if (overtaken || (!unknown && !(await backend.stat(VAULT_FILE_NAME)))) await unlink(keyFile);
    throw overtaken ? exists(path, 'somebody else has just made a vault') : error;
  }
}

/** Makes the directory, or takes an empty one; what a killed `init` left counts as empty. */
async function makeDirectory(path: string): Promise<void> {
  try {
    const first = await mkdir(path, { recursive: true, mode: 0o700 });
    // Before anything lies in it that counts; one that was there already may be what a killed `init` made.
    await syncUpTo(dirname(path), dirname(first ?? path));
    const found = await readdir(path);
    if (found.length === 1 && found[0] === 'tmp') await removeUnfinished(join(path, 'tmp'));
    else if (found.includes(VAULT_FILE_NAME)) throw exists(path, 'there is a vault');
    else if (found.length > 0) throw exists(path, `the directory is not empty (it holds "${found[0]}")`);
  } catch (error) {
    const errno = errnoCode(error);
    if (errno === 'EEXIST' || errno === 'ENOTDIR') throw exists(path, 'something else has that name');
    if (errno === 'ENOTEMPTY') throw exists(path, 'the directory is not empty');
    throw writeError(error, `the vault directory "${path}"`);
  }
}

/** Only what has the name of an unfinished write goes; anything else is somebody's, and the directory is not empty. */
async function removeUnfinished(temporary: string): Promise<void> {
  const names = await readdir(temporary);
  if (names.every((name) => UNFINISHED.test(name))) {
    for (const name of names) await unlink(join(temporary, name));
  }
  await rmdir(temporary);
}

function exists(path: string, what: string): BitacoraError {
  return new BitacoraError(
    'VAULT_EXISTS',
    `Cannot create a vault at "${path}": ${what}. Choose an empty or new directory with --vault.`,
    { details: { path } },
  );
}
