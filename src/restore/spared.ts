import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { errnoCode } from '../base/index.js';
import { type FileStat, systemError } from '../posix/index.js';

/** A file or directory, whatever its name. */
export interface Identity {
  readonly device: number;
  readonly inode: bigint;
}

/** What a restore never removes, replaces or enters, wherever it turns up: the vault, and the key without which it is of no use. */
export interface Spared {
  readonly vault: Identity | undefined;
  readonly keyFile: Identity | undefined;
}

export const NOTHING_SPARED: Spared = { vault: undefined, keyFile: undefined };

/** Looks at both. A vault must be there; a key file may be gone by now. */
export function sparedOf(vaultPath: string | undefined, keyFile: string | undefined): Spared {
  return {
    vault: vaultPath === undefined ? undefined : identityOf(vaultPath),
    keyFile: keyFile === undefined ? undefined : identityIfThere(keyFile),
  };
}

function identityOf(path: string): Identity {
  const { dev, ino } = statSync(path, { bigint: true });
  return { device: Number(dev), inode: ino };
}

function identityIfThere(path: string): Identity | undefined {
  try {
    return identityOf(path);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export function isSame(stat: FileStat, identity: Identity | undefined): boolean {
  return identity !== undefined && stat.ino === identity.inode && stat.dev === identity.device;
}

export function isSpared(stat: FileStat, spared: Spared): boolean {
  return isSame(stat, spared.vault) || isSame(stat, spared.keyFile);
}

/** As if it were in use; so what it lies in stays as well. */
export function refuseSpared(stat: FileStat, spared: Spared, name: Uint8Array): void {
  if (isSpared(stat, spared)) throw systemError(constants.errno.EBUSY, 'unlinkat', name);
}
