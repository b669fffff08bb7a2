import { fromHex, toHex } from '../base/index.js';

/** A user's random name inside the vault: 32 hex digits. */
export type Uid = string & { readonly __brand: 'Uid' };
export type PackName = string & { readonly __brand: 'PackName' };
/** A pack that was put aside and goes for good later. */
export type TrashName = string & { readonly __brand: 'TrashName' };
export type LogName = string & { readonly __brand: 'LogName' };
export type BundleName = string & { readonly __brand: 'BundleName' };
export type QueueName = string & { readonly __brand: 'QueueName' };
export type QueuePartName = string & { readonly __brand: 'QueuePartName' };
export type TokenName = string & { readonly __brand: 'TokenName' };
export type RegistryName = string & { readonly __brand: 'RegistryName' };
/** What is kept twice. */
export type CopiedName = RegistryName | typeof VAULT_FILE_NAME;
export type CopyName = string & { readonly __brand: 'CopyName' };

/** The one object that is not sealed. */
export const VAULT_FILE_NAME = 'vault.json';
/** Below it are the registry records. */
export const REGISTRY_PREFIX = 'registry/';
/** Below it are the jobs that wait or run. */
export const QUEUE_PREFIX = 'queue/';
/** Of what came with a job. */
export const QUEUE_PARTS_MAX = 9999;
/** Below it are the API's tokens. */
export const TOKENS_PREFIX = 'tokens/';
/** Below it are the second copies of `vault.json` and of registry records, each under the name of its object. */
export const COPIES_PREFIX = 'copies/';
/** Below it are the users' objects. */
export const USERS_PREFIX = 'users/';

export const LOG_SEQUENCE_MAX = 999_999_999_999;
export const REGISTRY_VERSION_MAX = 999_999;

const UID_BYTES = 16;
const UUID_BYTES = 16;
const TOKEN_ID_BYTES = 8;
/** Of a token's record, whose number rises whenever it is written anew. */
export const TOKEN_VERSION_MAX = 999_999;
const HASH_BYTES = 32;
const UINT32_MAX = 0xffffffff;

function hexOf(bytes: Uint8Array, length: number, what: string): string {
  if (bytes.length !== length) throw new TypeError(`${what} has ${length} bytes, not ${bytes.length}.`);
  return toHex(bytes);
}

function checkWhole(value: number, least: number, most: number, what: string): void {
  if (!Number.isInteger(value) || value < least || value > most) throw new TypeError(`Not ${what}: ${value}.`);
}

/** The uid of 16 bytes. */
export function uidOf(bytes: Uint8Array): Uid {
  return hexOf(bytes, UID_BYTES, 'A uid') as Uid;
}

/** The 16 bytes of a uid. */
export function uidBytes(uid: Uid): Uint8Array {
  return fromHex(uid);
}

/** Where all objects of a user are. */
export function userPrefix(uid: Uid): string {
  return `${USERS_PREFIX}${uid}/`;
}

export function bundlesPrefix(uid: Uid): string {
  return `${userPrefix(uid)}keys/`;
}

export function packsPrefix(uid: Uid): string {
  return `${userPrefix(uid)}packs/`;
}

/** Where packs are that were put aside. */
export function trashPrefix(uid: Uid): string {
  return `${userPrefix(uid)}trash/`;
}

export function logPrefix(uid: Uid): string {
  return `${userPrefix(uid)}log/`;
}

/** Where all versions of one user name's record are; `nameHash` has 32 bytes. */
export function registryPrefix(nameHash: Uint8Array): string {
  const hex = hexOf(nameHash, HASH_BYTES, 'A name hash');
  return `${REGISTRY_PREFIX}${hex.slice(0, 2)}/${hex}-`;
}

/** The name of a pack by the SHA-256 of its bytes. */
export function packName(uid: Uid, hash: Uint8Array): PackName {
  const hex = hexOf(hash, HASH_BYTES, 'A pack hash');
  return `${packsPrefix(uid)}${hex.slice(0, 2)}/${hex}` as PackName;
}

/** Where a pack is put aside. */
export function trashName(uid: Uid, hash: Uint8Array): TrashName {
  const hex = hexOf(hash, HASH_BYTES, 'A pack hash');
  return `${trashPrefix(uid)}${hex.slice(0, 2)}/${hex}` as TrashName;
}

/** The name of a log entry by its sequence number and the SHA-256 of its bytes. */
export function logName(uid: Uid, seq: number, hash: Uint8Array): LogName {
  checkWhole(seq, 1, LOG_SEQUENCE_MAX, 'a sequence number');
  return `${logPrefix(uid)}${String(seq).padStart(12, '0')}-${hexOf(hash, HASH_BYTES, 'An entry hash')}` as LogName;
}

/** Which key a user bundle holds, under which master key, and which of the two copies it is. */
export interface BundleId {
  readonly generation: number;
  readonly epoch: number;
  /** 16 hex digits. */
  readonly masterId: string;
  readonly copy: 1 | 2;
}

export function bundleName(uid: Uid, id: BundleId): BundleName {
  checkWhole(id.generation, 0, UINT32_MAX, 'a generation');
  checkWhole(id.epoch, 0, UINT32_MAX, 'an epoch');
  checkWhole(id.copy, 1, 2, 'a copy');
  if (!/^[0-9a-f]{16}$/.test(id.masterId)) throw new TypeError(`Not a master id: "${id.masterId}".`);
  return `${bundlesPrefix(uid)}${id.generation}-${id.epoch}-${id.masterId}.${id.copy}` as BundleName;
}

/** The name of one version of the registry record of the user name with this HMAC. */
export function registryName(nameHash: Uint8Array, version: number): RegistryName {
  checkWhole(version, 1, REGISTRY_VERSION_MAX, 'a version');
  return `${registryPrefix(nameHash)}${String(version).padStart(6, '0')}` as RegistryName;
}

/** The name of the file of a job that waits or runs; its id has 16 bytes. */
export function queueName(jobId: Uint8Array): QueueName {
  return `${QUEUE_PREFIX}${hexOf(jobId, UUID_BYTES, 'A job id')}` as QueueName;
}

/** The name of a part of what came with a job, from 1. */
export function queuePartName(jobId: Uint8Array, part: number): QueuePartName {
  checkWhole(part, 1, QUEUE_PARTS_MAX, 'a part');
  return `${queueName(jobId)}.${part}` as QueuePartName;
}

/** Where all versions of one token's record are; its id has 8 bytes. */
export function tokenPrefix(id: Uint8Array): string {
  return `${TOKENS_PREFIX}${hexOf(id, TOKEN_ID_BYTES, 'A token id')}-`;
}

/** The name of one version of a token's record. */
export function tokenName(id: Uint8Array, version: number): TokenName {
  checkWhole(version, 1, TOKEN_VERSION_MAX, 'a version');
  return `${tokenPrefix(id)}${String(version).padStart(6, '0')}` as TokenName;
}

/** Where the second copy of an object is. */
export function copyName(name: CopiedName): CopyName {
  return `${COPIES_PREFIX}${name}` as CopyName;
}
