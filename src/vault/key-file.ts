import { constants, type Stats } from 'node:fs';
import { mkdir, open, realpath, unlink } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { BitacoraError, errnoCode, writeError } from '../base/index.js';
import { decodeKeyFile, KEY_FILE_BYTES_MAX, type MasterKeyFile } from '../format/index.js';
import type { VaultEnvironment } from './environment.js';
import { credentialKeyFile, usualKeyFile } from './places.js';
import { syncUpTo } from './sync-names.js';

/**
 * Reads the master key of a vault: from the given file, else from the systemd credential, else from the configuration's,
 * else from its usual place.
 *
 * @param vaultPath - A key file below it is refused.
 * @returns the key, which the caller owns and wipes, and the file that it came from.
 * @throws {BitacoraError} `KEY_MISSING` saying where it was looked for; `KEY_UNREADABLE`; `KEY_UNSAFE`; `KEY_MALFORMED`.
 */
export async function readKeyFile(
  vaultId: string,
  vaultPath: string,
  given: string | undefined,
  environment: VaultEnvironment,
): Promise<MasterKeyFile & { readonly file: string }> {
  const credential = given === undefined ? credentialKeyFile(environment) : undefined;
  const usual = resolve(given ?? environment.configuredKeyFile ?? usualKeyFile(vaultId, environment));
  if (credential !== undefined) {
    // Whom systemd lets read a credential is guarded by its directory; its mode may show an access list's mask.
    const key = await readChecked(credential, vaultPath, environment, { guarded: true });
    if (key) return key;
  }
  const key = await readChecked(usual, vaultPath, environment, { guarded: false });
  if (key) return key;
  const looked = credential === undefined ? [usual] : [credential, usual];
  throw new BitacoraError(
    'KEY_MISSING',
    `There is no master key file at ${looked.map((path) => `"${path}"`).join(' or ')}. Copy it there from where you saved it, or name it with --key-file.`,
    { details: { looked, vault_id: vaultId } },
  );
}

async function readChecked(
  path: string,
  vaultPath: string,
  environment: VaultEnvironment,
  { guarded }: { guarded: boolean },
): Promise<(MasterKeyFile & { readonly file: string }) | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const errno = errnoCode(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    const text = `Cannot read the master key file "${path}": ${errno ?? String(error)}. Run as its owner, or name another with --key-file.`;
    throw new BitacoraError('KEY_UNREADABLE', text, { cause: error, details: { file: path, errno } });
  }
  try {
    const stat = await file.stat();
    if (!guarded) checkStat(path, stat, environment);
    await checkOutside(path, vaultPath);
    if (!stat.isFile() || stat.size > KEY_FILE_BYTES_MAX) throw malformed(path);
    const bytes = await file.readFile();
    try {
      return { ...decodeKeyFile(bytes, `"${path}"`), file: path };
    } finally {
      bytes.fill(0);
    }
  } finally {
    await file.close();
  }
}

function checkStat(path: string, stat: Stats, environment: VaultEnvironment): void {
  if (stat.isFile() && (stat.mode & 0o077) !== 0) {
    throw unsafe(
      path,
      `its mode is 0${(stat.mode & 0o777).toString(8)}, so that others can use it`,
      `Run: chmod 600 "${path}"`,
    );
  }
  if (stat.uid !== 0 && stat.uid !== environment.uid) {
    throw unsafe(path, `it belongs to user ${stat.uid}, who can change it`, `Run: chown ${environment.uid} "${path}"`);
  }
}

/** Throws `KEY_UNSAFE` if `path`, links followed, lies in the vault: whoever takes the vault would take the key. */
export async function checkOutside(path: string, vaultPath: string): Promise<void> {
  const [file, vault] = await Promise.all([realpathOfNearest(path), realpathOfNearest(vaultPath)]);
  if (file !== vault && !file.startsWith(vault.endsWith(sep) ? vault : vault + sep)) return;
  throw unsafe(path, `it lies inside the vault "${vaultPath}"`, 'Keep it elsewhere and name it with --key-file');
}

async function realpathOfNearest(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch (error) {
    const parent = dirname(absolute);
    if (parent === absolute) throw error;
    return resolve(await realpathOfNearest(parent), absolute.slice(parent.length).replace(/^\/+/, ''));
  }
}

function unsafe(path: string, why: string, next: string): BitacoraError {
  return new BitacoraError('KEY_UNSAFE', `The master key file "${path}" is not safe: ${why}. ${next}.`, {
    details: { file: path },
  });
}

function malformed(path: string): BitacoraError {
  return new BitacoraError(
    'KEY_MALFORMED',
    `"${path}" is no master key file. Restore it from the copy that you saved.`,
    {
      details: { file: path },
    },
  );
}

/**
 * Writes a new key file, readable by its owner alone, durable with the directories that had to be made for it.
 *
 * @throws {BitacoraError} `VAULT_EXISTS` if something has that name: a key is never overwritten.
 */
export async function createKeyFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const first = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } catch (error) {
      await unlink(path);
      throw error;
    } finally {
      await file.close();
    }
    await syncUpTo(dirname(path), first === undefined ? dirname(path) : dirname(first));
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') {
      throw new BitacoraError(
        'VAULT_EXISTS',
        `The key file "${path}" exists already, and it may be another vault’s only key. Name another with --key-file.`,
        { details: { file: path }, cause: error },
      );
    }
    throw writeError(error, `the master key file "${path}"`);
  }
}
