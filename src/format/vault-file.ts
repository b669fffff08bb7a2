import { concatBytes, decodeUtf8, fromHex, toHex, utf8 } from '../base/index.js';
import { corrupt, newer } from './failure.js';

/** The format that this version writes, and the highest that it reads. */
export const VAULT_FORMAT = 0;

/** Larger than any `vault.json`. */
export const VAULT_FILE_BYTES_MAX = 4096;

export interface VaultFile {
  readonly format: number;
  /** 16 bytes. */
  readonly vaultId: Uint8Array;
  readonly created: number;
  /** 32 bytes. */
  readonly mac: Uint8Array;
}

const MEMBERS = ['bitacora', 'format', 'vault_id', 'created', 'mac'];

/** The bytes that the MAC of a vault file covers, docs/format.md §4. */
export function vaultMacText(file: Omit<VaultFile, 'mac'>): Uint8Array {
  const numbers = Buffer.alloc(4 + 16 + 8);
  numbers.writeUInt32BE(file.format, 0);
  numbers.set(file.vaultId, 4);
  numbers.writeBigUInt64BE(BigInt(file.created), 20);
  return concatBytes([utf8('bitacora/0/vault'), numbers]);
}

/** The bytes of `vault.json`. The caller owns them. */
export function encodeVaultFile(file: VaultFile): Uint8Array {
  if (file.vaultId.length !== 16 || file.mac.length !== 32)
    throw new TypeError('Not a vault id of 16 bytes and a MAC of 32.');
  const { format, created } = file;
  const members = { bitacora: 'vault', format, vault_id: toHex(file.vaultId), created, mac: toHex(file.mac) };
  return utf8(`${JSON.stringify(members)}\n`);
}

function parseMembers(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length > VAULT_FILE_BYTES_MAX) throw corrupt('vault.json', `it has ${bytes.length} bytes`);
  const text = decodeUtf8(bytes);
  if (text === undefined) throw corrupt('vault.json', 'it is not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt('vault.json', 'it is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw corrupt('vault.json', 'it is not a JSON object');
  }
  return value as Record<string, unknown>;
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

function hexMember(members: Record<string, unknown>, key: string, digits: number): Uint8Array {
  const value = members[key];
  if (typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value)) return fromHex(value);
  throw corrupt('vault.json', `"${key}" is not ${digits} hex digits`);
}

/**
 * Reads `vault.json`. Whether its MAC holds is for the owner of the key to say.
 *
 * @throws {BitacoraError} `FORMAT_NEWER` for a larger format, before anything else is looked at; `DATA_CORRUPT`.
 */
export function decodeVaultFile(bytes: Uint8Array): VaultFile {
  const members = parseMembers(bytes);
  if (members.bitacora !== 'vault') throw corrupt('vault.json', 'it does not describe a bitacora vault');
  const { format, created } = members;
  if (!isWhole(format)) throw corrupt('vault.json', '"format" is not a whole number');
  if (format > VAULT_FORMAT)
    throw newer('vault.json', `the vault has format ${format}, and this version reads up to ${VAULT_FORMAT}`);
  const unknown = Object.keys(members).find((key) => !MEMBERS.includes(key));
  if (unknown !== undefined) throw corrupt('vault.json', `it has an unknown member ${JSON.stringify(unknown)}`);
  if (!isWhole(created)) throw corrupt('vault.json', '"created" is not a time');
  return { format, vaultId: hexMember(members, 'vault_id', 32), created, mac: hexMember(members, 'mac', 64) };
}
