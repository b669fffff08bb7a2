import { BitacoraError, equalBytes, isBitacoraError } from '../base/index.js';
import { hmacSha256, type MasterKeys, sameBytes } from '../crypto/index.js';
import { copyName, decodeVaultFile, VAULT_FILE_NAME, type VaultFile, vaultMacText } from '../format/index.js';
import type { ObjectReader } from '../storage/index.js';

/** Whether the master key stands for what the file says. */
export function isAuthentic(file: VaultFile, { vaultMacKey }: MasterKeys): boolean {
  return sameBytes(hmacSha256(vaultMacKey, vaultMacText(file)), file.mac);
}

/** The bytes of `vault.json` as they must be. Throws `DATA_CORRUPT`, also where the master key does not stand for them. */
export function openVaultFile(bytes: Uint8Array, vaultId: Uint8Array, master: MasterKeys): VaultFile {
  const file = decodeVaultFile(bytes);
  if (equalBytes(file.vaultId, vaultId) && isAuthentic(file, master)) return file;
  const message = `"${VAULT_FILE_NAME}" was changed: it is not what the master key stands for.`;
  throw new BitacoraError('DATA_CORRUPT', message, { details: { object: VAULT_FILE_NAME } });
}

/**
 * What `vault.json` and its copy say, as far as they can be read: only the key can tell which is right.
 *
 * @throws {BitacoraError} `OBJECT_MISSING` where there is neither; `DATA_CORRUPT` where none can be read; `FORMAT_NEWER` where one is of
 *   a later format.
 */
export async function readVaultFiles(backend: ObjectReader): Promise<VaultFile[]> {
  const files: VaultFile[] = [];
  let failure: BitacoraError | undefined;
  for (const name of [VAULT_FILE_NAME, copyName(VAULT_FILE_NAME)]) {
    try {
      files.push(decodeVaultFile(await backend.get(name)));
    } catch (error) {
      if (!isBitacoraError(error, 'DATA_CORRUPT') && !isBitacoraError(error, 'OBJECT_MISSING')) throw error;
      if (failure === undefined || failure.code === 'OBJECT_MISSING') failure = error;
    }
  }
  if (files.length === 0) throw failure;
  return files;
}
