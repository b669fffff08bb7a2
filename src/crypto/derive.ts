import { concatBytes, toHex } from '../base/index.js';
import { checkOwner } from './header.js';
import { hkdf } from './hkdf.js';

/** A secret of 32 bytes. */
export type Key32 = Uint8Array;

export interface MasterKeys {
  /** 16 hex digits that tell master keys apart; not a secret. */
  readonly masterId: string;
  readonly wrapKey: Key32;
  readonly registryKey: Key32;
  readonly registryNameKey: Key32;
  readonly vaultMacKey: Key32;
  readonly queueKey: Key32;
  readonly tokenKey: Key32;
}

/** The three keys of chunk ids, one for each kind. */
export interface IdKeys {
  readonly data: Key32;
  readonly node: Key32;
  readonly list: Key32;
}

const EMPTY = new Uint8Array(0);

function checkRoot(root: Uint8Array): void {
  if (root.length !== 32) throw new TypeError(`A root key has 32 bytes, not ${root.length}.`);
}

/** What the master key yields, docs/format.md §2. The caller owns and wipes the keys. */
export function deriveMaster(masterKey: Key32, vaultId: Uint8Array): MasterKeys {
  checkRoot(masterKey);
  if (vaultId.length !== 16) throw new TypeError(`A vault id has 16 bytes, not ${vaultId.length}.`);
  const key = (purpose: string) => hkdf(masterKey, vaultId, `bitacora/0/${purpose}`, 32);
  return {
    masterId: toHex(hkdf(masterKey, EMPTY, 'bitacora/0/master-id', 8)),
    wrapKey: key('wrap'),
    registryKey: key('registry'),
    registryNameKey: key('registry-name'),
    vaultMacKey: key('vault-mac'),
    queueKey: key('queue'),
    tokenKey: key('token'),
  };
}

function userKey(root: Key32, vaultId: Uint8Array, uid: Uint8Array): (purpose: string) => Key32 {
  checkRoot(root);
  checkOwner(vaultId, uid);
  const salt = concatBytes([vaultId, uid]);
  return (purpose) => hkdf(root, salt, `bitacora/0/${purpose}`, 32);
}

/** What a user's dedup root of one generation yields, docs/format.md §2. The caller owns and wipes the keys. */
export function deriveDedup(
  dedupRoot: Key32,
  vaultId: Uint8Array,
  uid: Uint8Array,
): { readonly idKeys: IdKeys; readonly chunkerSecret: Key32 } {
  const key = userKey(dedupRoot, vaultId, uid);
  return {
    idKeys: { data: key('id-data'), node: key('id-node'), list: key('id-list') },
    chunkerSecret: key('chunker'),
  };
}

/** What a user's encryption root of one epoch yields, docs/format.md §2. The caller owns and wipes the keys. */
export function deriveEncryption(
  encryptionRoot: Key32,
  vaultId: Uint8Array,
  uid: Uint8Array,
): { readonly packKey: Key32; readonly logKey: Key32 } {
  const key = userKey(encryptionRoot, vaultId, uid);
  return { packKey: key('pack'), logKey: key('log') };
}
