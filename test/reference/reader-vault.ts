import { timingSafeEqual } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checked, readBody } from './reader-body.js';
import { ensure, hex, hkdf, hmac, sha256, u64 } from './reader-bytes.js';
import { type Owner, openEnvelope, openSimple } from './reader-envelope.js';

export interface Vault {
  readonly root: string;
  readonly vaultId: Buffer;
  readonly masterKey: Buffer;
}

/** The keys of one generation and epoch. */
export interface UserKeys {
  /** At 1, 2 and 3, by the kind of a chunk. */
  readonly idKeys: readonly (Buffer | undefined)[];
  readonly chunkerSecret: Buffer;
  readonly packKey: Buffer;
  readonly logKey: Buffer;
}

export interface User extends Owner {
  readonly vault: Vault;
  /** The folder of the user's objects. */
  readonly home: string;
  keys(generation: number, epoch: number): UserKeys;
}

export const readObject = (vault: Vault, name: string): Buffer => readFileSync(join(vault.root, name));

/** Names of the objects below a folder of the vault, sorted. */
export function listObjects(vault: Vault, folder: string): string[] {
  const path = join(vault.root, folder);
  if (!existsSync(path)) return [];
  const found = readdirSync(path, { withFileTypes: true, recursive: true }).filter((each) => each.isFile());
  return found.map((each) => join(each.parentPath, each.name).slice(join(vault.root, '/').length)).sort();
}

/** Section 4 of the format page. */
export function openVault(root: string, keyFile: string): Vault {
  const text = readFileSync(keyFile, 'utf8')
    .replace(/^\s*(#.*)?$/gm, '')
    .trim();
  const match = /^(bitacora-master-key 0 ([0-9a-f]{32}) ([0-9a-f]{64})) ([0-9a-f]{8})$/.exec(text);
  ensure(match, `"${keyFile}" is not a master key file of format 0`);
  const [, line = '', id = '', key = '', check] = match;
  ensure(hex(sha256(Buffer.from(line)).subarray(0, 4)) === check, `"${keyFile}" was mistyped or damaged`);
  const file: unknown = JSON.parse(readFileSync(join(root, 'vault.json'), 'utf8'));
  ensure(file instanceof Object && 'format' in file && file.format === 0, 'vault.json is not of format 0');
  const spec = { bitacora: 'vault', format: 'int', vault_id: 'str', created: 'int', mac: 'str' };
  const { vault_id, created, mac } = checked<{ vault_id: string; created: number; mac: string }>(
    file,
    spec,
    'vault.json',
  );
  ensure(vault_id === id, `"${keyFile}" is the key of another vault`);
  const [vaultId, masterKey] = [Buffer.from(id, 'hex'), Buffer.from(key, 'hex')];
  const macKey = hkdf(masterKey, vaultId, 'bitacora/0/vault-mac', 32);
  const right = hmac(macKey, Buffer.concat([Buffer.from('bitacora/0/vault'), Buffer.alloc(4), vaultId, u64(created)]));
  ensure(/^[0-9a-f]{64}$/.test(mac), 'vault.json has no proper mac');
  ensure(timingSafeEqual(right, Buffer.from(mac, 'hex')), 'vault.json was changed, or the key is another one');
  return { root, vaultId, masterKey };
}

const RECORD = {
  name: 'str',
  uid: 'bin16',
  created: 'int',
  state: 'active|erased',
  version: 'int',
  sources: [{ kind: 'path', path: 'bin', at_session_end: 'true|absent' }],
  exclude: ['str'],
  quota: 'int|absent',
} as const;

/** Section 5 of the format page. */
export function openUser(vault: Vault, name: string): User {
  const { vaultId, masterKey } = vault;
  const hash = hex(hmac(hkdf(masterKey, vaultId, 'bitacora/0/registry-name', 32), Buffer.from(name)));
  const object = listObjects(vault, `registry/${hash.slice(0, 2)}`)
    .filter((each) => each.includes(hash))
    .at(-1);
  ensure(object, `There is no user "${name}"`);
  const registryKey = hkdf(masterKey, vaultId, 'bitacora/0/registry', 32);
  const bytes = readObject(vault, object);
  const envelope = openEnvelope(
    bytes,
    'registry record',
    () => registryKey,
    { vaultId, uid: Buffer.alloc(16) },
    object,
  );
  const record = readBody<{ name: string; uid: Uint8Array; state: string; version: number }>(
    openSimple(bytes, envelope, object),
    RECORD,
    object,
  );
  ensure(record.name === name, `${object} is the record of another user`);
  ensure(object.endsWith(String(record.version).padStart(6, '0')), `${object} is an older record`);
  ensure(record.state === 'active', `The user "${name}" was erased`);
  const uid = Buffer.from(record.uid);
  return { vault, vaultId, uid, home: `users/${hex(uid)}`, keys: (g, e) => readKeys(vault, uid, g, e) };
}

const SIZES = ['int'] as const;
const CHUNKER = { algorithm: 'str', small: SIZES, large: SIZES };
const BUNDLE = { dedup_root: 'bin32', encryption_root: 'bin32', created: 'int', chunker: CHUNKER };

/** Section 6 of the format page: one good copy of the bundle will do. */
function readKeys(vault: Vault, uid: Buffer, generation: number, epoch: number): UserKeys {
  const master = hex(hkdf(vault.masterKey, Buffer.alloc(0), 'bitacora/0/master-id', 8));
  const name = `users/${hex(uid)}/keys/${generation}-${epoch}-${master}`;
  try {
    return unwrap(vault, uid, generation, epoch, `${name}.1`);
  } catch {
    return unwrap(vault, uid, generation, epoch, `${name}.2`);
  }
}

function unwrap(vault: Vault, uid: Buffer, generation: number, epoch: number, name: string): UserKeys {
  const { vaultId, masterKey } = vault;
  const bytes = readObject(vault, name);
  const wrapKey = hkdf(masterKey, vaultId, 'bitacora/0/wrap', 32);
  const envelope = openEnvelope(bytes, 'key bundle', () => wrapKey, { vaultId, uid }, name);
  ensure(envelope.generation === generation && envelope.epoch === epoch, `${name} is the bundle of another name`);
  const roots = readBody<{ dedup_root: Uint8Array; encryption_root: Uint8Array }>(
    openSimple(bytes, envelope, name),
    BUNDLE,
    name,
  );
  const derive = (root: Uint8Array, what: string) =>
    hkdf(root, Buffer.concat([vaultId, uid]), `bitacora/0/${what}`, 32);
  return {
    idKeys: [undefined, ...['id-data', 'id-node', 'id-list'].map((what) => derive(roots.dedup_root, what))],
    chunkerSecret: derive(roots.dedup_root, 'chunker'),
    packKey: derive(roots.encryption_root, 'pack'),
    logKey: derive(roots.encryption_root, 'log'),
  };
}
