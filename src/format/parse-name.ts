import { fromHex } from '../base/index.js';
import {
  type BundleId,
  type BundleName,
  COPIES_PREFIX,
  type CopiedName,
  type CopyName,
  type LogName,
  type PackName,
  type QueueName,
  type QueuePartName,
  type RegistryName,
  type TokenName,
  type TrashName,
  type Uid,
  VAULT_FILE_NAME,
} from './object-names.js';

/** What an object's name says. Hashes are bytes. */
export type ParsedName =
  | { readonly type: 'vault' }
  | { readonly type: 'registry'; readonly name: RegistryName; readonly nameHash: Uint8Array; readonly version: number }
  | { readonly type: 'copy'; readonly name: CopyName; readonly of: CopiedName }
  | { readonly type: 'token'; readonly name: TokenName; readonly id: Uint8Array; readonly version: number }
  | { readonly type: 'queue'; readonly name: QueueName; readonly jobId: Uint8Array }
  | {
      readonly type: 'queue part';
      readonly name: QueuePartName;
      readonly jobId: Uint8Array;
      readonly part: number;
    }
  | ({ readonly type: 'bundle'; readonly name: BundleName; readonly uid: Uid } & BundleId)
  | { readonly type: 'pack'; readonly name: PackName; readonly uid: Uid; readonly hash: Uint8Array }
  | { readonly type: 'trash'; readonly name: TrashName; readonly uid: Uid; readonly hash: Uint8Array }
  | {
      readonly type: 'log';
      readonly name: LogName;
      readonly uid: Uid;
      readonly seq: number;
      readonly hash: Uint8Array;
    };

const REGISTRY = /^registry\/([0-9a-f]{2})\/(\1[0-9a-f]{62})-([0-9]{6})$/;
const BUNDLE = /^users\/([0-9a-f]{32})\/keys\/(0|[1-9][0-9]{0,9})-(0|[1-9][0-9]{0,9})-([0-9a-f]{16})\.([12])$/;
const PACK = /^users\/([0-9a-f]{32})\/packs\/([0-9a-f]{2})\/(\2[0-9a-f]{62})$/;
const TRASH = /^users\/([0-9a-f]{32})\/trash\/([0-9a-f]{2})\/(\2[0-9a-f]{62})$/;
const LOG = /^users\/([0-9a-f]{32})\/log\/([0-9]{12})-([0-9a-f]{64})$/;
const TOKEN = /^tokens\/([0-9a-f]{16})-([0-9]{6})$/;
const QUEUE = /^queue\/([0-9a-f]{32})(?:\.([1-9][0-9]{0,3}))?$/;
const UID = /^[0-9a-f]{32}$/;
const UINT32_MAX = 0xffffffff;

/** The text as a uid, or undefined when it is none. */
export function parseUid(text: string): Uid | undefined {
  return UID.test(text) ? (text as Uid) : undefined;
}

function parseBundle(name: string): ParsedName | undefined {
  const match = BUNDLE.exec(name);
  if (!match) return undefined;
  const generation = Number(match[2]);
  const epoch = Number(match[3]);
  if (generation > UINT32_MAX || epoch > UINT32_MAX) return undefined;
  const copy = match[5] === '1' ? 1 : 2;
  return {
    type: 'bundle',
    name: name as BundleName,
    uid: match[1] as Uid,
    generation,
    epoch,
    masterId: match[4]!,
    copy,
  };
}

function parseRegistry(name: string): ParsedName | undefined {
  const match = REGISTRY.exec(name);
  const version = Number(match?.[3]);
  if (!match || version === 0) return undefined;
  return { type: 'registry', name: name as RegistryName, nameHash: fromHex(match[2]!), version };
}

function parseLog(name: string): ParsedName | undefined {
  const match = LOG.exec(name);
  const seq = Number(match?.[2]);
  if (!match || seq === 0) return undefined;
  return { type: 'log', name: name as LogName, uid: match[1] as Uid, seq, hash: fromHex(match[3]!) };
}

function parsePack(name: string): ParsedName | undefined {
  const match = PACK.exec(name);
  if (!match) return undefined;
  return { type: 'pack', name: name as PackName, uid: match[1] as Uid, hash: fromHex(match[3]!) };
}

function parseTrash(name: string): ParsedName | undefined {
  const match = TRASH.exec(name);
  if (!match) return undefined;
  return { type: 'trash', name: name as TrashName, uid: match[1] as Uid, hash: fromHex(match[3]!) };
}

function parseQueue(name: string): ParsedName | undefined {
  const match = QUEUE.exec(name);
  if (!match) return undefined;
  const jobId = fromHex(match[1]!);
  if (match[2] === undefined) return { type: 'queue', name: name as QueueName, jobId };
  return { type: 'queue part', name: name as QueuePartName, jobId, part: Number(match[2]) };
}

function parseToken(name: string): ParsedName | undefined {
  const match = TOKEN.exec(name);
  const version = Number(match?.[2]);
  if (!match || version === 0) return undefined;
  return { type: 'token', name: name as TokenName, id: fromHex(match[1]!), version };
}

function parseCopy(name: string): ParsedName | undefined {
  if (!name.startsWith(COPIES_PREFIX)) return undefined;
  const of = name.slice(COPIES_PREFIX.length);
  if (of === VAULT_FILE_NAME) return { type: 'copy', name: name as CopyName, of };
  const parsed = parseRegistry(of);
  return parsed?.type === 'registry' ? { type: 'copy', name: name as CopyName, of: parsed.name } : undefined;
}

/** Reads an object's name, docs/format.md §1; undefined for anything that is not exactly one of its forms. */
export function parseObjectName(name: string): ParsedName | undefined {
  if (name === VAULT_FILE_NAME) return { type: 'vault' };
  return (
    parsePack(name) ??
    parseLog(name) ??
    parseBundle(name) ??
    parseTrash(name) ??
    parseRegistry(name) ??
    parseCopy(name) ??
    parseQueue(name) ??
    parseToken(name)
  );
}
