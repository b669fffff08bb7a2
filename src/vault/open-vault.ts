import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  BitacoraError,
  type Clock,
  errnoCode,
  isBitacoraError,
  isDenied,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
  toHex,
} from '../base/index.js';
import { deriveMaster, type MasterKeys, sameBytes } from '../crypto/index.js';
import { copyName, VAULT_FILE_NAME, type VaultFile } from '../format/index.js';
import { capabilities } from '../posix/index.js';
import { type Backend, type LocalBackend, openLocalBackend, withMeter } from '../storage/index.js';
import type { VaultEnvironment } from './environment.js';
import { IndexDirectory } from './index-directory.js';
import { readKeyFile } from './key-file.js';
import { lockVault, UNWRITABLE, type VaultLock } from './lock.js';
import { defaultEnvironment } from './places.js';
import { StoredBytes } from './stored-bytes.js';
import { Vault } from './vault.js';
import { isAuthentic, readVaultFiles } from './vault-file.js';

export interface VaultOptions {
  /** The vault's directory. */
  readonly path: string;
  /** The master key file; left out, the usual places are tried. */
  readonly keyFile?: string | undefined;
  /** Where the objects are instead of in the directory, which then only has to exist. The caller closes it. */
  readonly backend?: Backend | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  /** Takes no lock and writes nothing into the vault; a vault that cannot be written is opened so in any case. */
  readonly readOnly?: boolean | undefined;
  /**
   * How many users stay open when nobody has them open any more, so that opening them again costs nothing; none unless said. What
   * happens to the vault's files meanwhile is noticed minutes later.
   */
  readonly restingUsers?: number | undefined;
  /** Path of the socket where the caller will answer for the vault; told to those who find the vault in use. */
  readonly socket?: string | undefined;
  readonly environment?: VaultEnvironment | undefined;
}

/**
 * Opens a vault: for writing under its lock, or for reading beside whoever holds it.
 *
 * @throws {BitacoraError} `NOT_A_VAULT`; `VAULT_UNREADABLE`; `FORMAT_NEWER`; `KEY_MISSING` saying where it looked; `KEY_UNREADABLE`; `KEY_WRONG`; `KEY_UNSAFE`;
 *   `KEY_MALFORMED`; `VAULT_BUSY`; `DATA_CORRUPT` for a damaged `vault.json`; the backend's errors.
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const path = resolve(options.path);
  const { random = systemRandom, environment = defaultEnvironment() } = options;
  const local = options.backend ? undefined : await openLocal(path, random);
  const backend = options.backend ?? local!;
  try {
    const files = await readFiles(backend, path);
    // Before the key is looked for: who finds the vault held asks its holder, which takes no key.
    const taken = options.readOnly ? UNWRITABLE : lockVault(path, options.socket);
    const lock = taken === UNWRITABLE ? undefined : taken;
    try {
      const key = await findKey(files, path, options.keyFile, environment);
      return await openLocked(options, { path, random, local, backend, lock, ...key });
    } catch (error) {
      lock?.release();
      throw error;
    }
  } catch (error) {
    await local?.close();
    throw error;
  }
}

interface Opened {
  readonly path: string;
  readonly random: Random;
  readonly local: LocalBackend | undefined;
  readonly backend: Backend;
  readonly vaultId: Uint8Array;
  readonly master: MasterKeys;
  readonly keyFile: string;
  /** Undefined where the vault is only read. */
  readonly lock: VaultLock | undefined;
}

async function openLocked(options: VaultOptions, opened: Opened): Promise<Vault> {
  const { clock = systemClock, logger = silentLogger } = options;
  const { path, local, vaultId, lock } = opened;
  const { restingUsers = 0 } = options;
  const readOnly = lock === undefined;
  let directory: IndexDirectory | undefined;
  try {
    directory = await IndexDirectory.open({ vaultPath: path, vaultId, readOnly, logger });
    // Behind the kernel's lock or that of the vault's own index what lies there is nobody's any more.
    const isOurs = capabilities().kernelLock || !directory.isTemporary;
    if (!readOnly && isOurs) await local?.cleanTemporary();
    const ownsBackend = local !== undefined;
    const stored = await openStored(opened.backend, directory, readOnly);
    const backend = withMeter(opened.backend, stored);
    const vault = new Vault({
      ...opened,
      backend,
      stored,
      ownsBackend,
      directory,
      readOnly,
      restingUsers,
      clock,
      logger,
    });
    await vault.checkOwnFile();
    return vault;
  } catch (error) {
    await directory?.close();
    throw error;
  }
}

async function openStored(backend: Backend, directory: IndexDirectory, readOnly: boolean): Promise<StoredBytes> {
  const stored = new StoredBytes(backend, {
    load: () => directory.index.note('stored'),
    save: (bytes) => directory.index.setNote('stored', bytes),
  });
  if (!readOnly) await stored.open();
  return stored;
}

async function openLocal(path: string, random: Random): Promise<LocalBackend> {
  try {
    // Asked before the backend makes its own directories: what is no vault must stay as it is.
    await Promise.any([VAULT_FILE_NAME, copyName(VAULT_FILE_NAME)].map((name) => stat(join(path, name))));
  } catch (failures) {
    const [error] = (failures as AggregateError).errors as unknown[];
    const errno = errnoCode(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') throw notAVault(path, error);
    const code = isDenied(error) ? 'VAULT_UNREADABLE' : 'BACKEND_FAILED';
    throw new BitacoraError(code, `Cannot look into the vault "${path}": ${errno ?? String(error)}.`, {
      cause: error,
      details: { path },
    });
  }
  return openLocalBackend(path, { random });
}

async function readFiles(backend: Backend, path: string): Promise<VaultFile[]> {
  try {
    return await readVaultFiles(backend);
  } catch (error) {
    if (isBitacoraError(error, 'OBJECT_MISSING')) throw notAVault(path, error);
    throw error;
  }
}

/** The key that stands for one of the files; where none does, what is wrong with the first. */
async function findKey(
  files: readonly VaultFile[],
  path: string,
  given: string | undefined,
  environment: VaultEnvironment,
): Promise<Pick<Opened, 'vaultId' | 'master' | 'keyFile'>> {
  let failure: unknown;
  for (const file of files) {
    try {
      return { vaultId: file.vaultId, ...(await readMaster(file, path, given, environment)) };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

async function readMaster(
  file: VaultFile,
  path: string,
  given: string | undefined,
  environment: VaultEnvironment,
): Promise<{ master: MasterKeys; keyFile: string }> {
  const key = await readKeyFile(toHex(file.vaultId), path, given, environment);
  const { masterKey, vaultId, file: keyFile } = key;
  try {
    const wrong = (why: string) =>
      new BitacoraError(
        'KEY_WRONG',
        `The master key file "${keyFile}" does not open the vault "${path}": ${why}. Name the right one with --key-file.`,
        { details: { file: keyFile, vault_id: toHex(file.vaultId), key_vault_id: toHex(vaultId) } },
      );
    if (!sameBytes(vaultId, file.vaultId)) {
      throw wrong(`it is for the vault ${toHex(vaultId)}, and vault.json says ${toHex(file.vaultId)}`);
    }
    const master = deriveMaster(masterKey, file.vaultId);
    if (!isAuthentic(file, master)) {
      throw wrong('the key is another one, or vault.json was changed');
    }
    return { master, keyFile };
  } finally {
    masterKey.fill(0);
  }
}

function notAVault(path: string, cause: unknown): BitacoraError {
  return new BitacoraError(
    'NOT_A_VAULT',
    `There is no vault at "${path}". Create one with \`bitacora init\`, or name another with --vault.`,
    { cause, details: { path } },
  );
}
