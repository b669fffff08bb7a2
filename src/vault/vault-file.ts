import { BitacoraError, equalBytes } from '../base/index.js';
import { hmacSha256, type MasterKeys, sameBytes } from '../crypto/index.js';
import { decodeVaultFile, VAULT_FILE_NAME, type VaultFile, vaultMacText } from '../format/index.js';
import type { CallOptions, ObjectReader } from '../storage/index.js';

/** Whether the master key stands for what the file says. */
export function isAuthentic(file: VaultFile, { vaultMacKey }: MasterKeys): boolean {
  return sameBytes(hmacSha256(vaultMacKey, vaultMacText(file)), file.mac);
}

/** Reads `vault.json` of an open vault again; findings where it is not what it was when the vault was opened. */
export async function checkVaultFile(
  backend: ObjectReader,
  vaultId: Uint8Array,
  master: MasterKeys,
  options: CallOptions = {},
): Promise<BitacoraError[]> {
  try {
    const file = decodeVaultFile(await backend.get(VAULT_FILE_NAME, options));
    if (equalBytes(file.vaultId, vaultId) && isAuthentic(file, master)) return [];
    const message = `"${VAULT_FILE_NAME}" was changed: it is not what the master key stands for. Restore it from a copy of the vault.`;
    return [new BitacoraError('DATA_CORRUPT', message, { details: { object: VAULT_FILE_NAME } })];
  } catch (error) {
    if (!(error instanceof BitacoraError)) throw error;
    if (!['DATA_CORRUPT', 'OBJECT_MISSING', 'FORMAT_NEWER'].includes(error.code)) throw error;
    return [error];
  }
}
