import { decodeBody, encodeBody, type Wire } from './body.js';
import type { Fields } from './fields.js';
import { type Manifest, readManifest, wireManifest } from './manifest.js';
import { LOG_SEQUENCE_MAX } from './object-names.js';

/** Generation and epoch. */
export type KeyVersion = readonly [generation: number, epoch: number];

/** What an entry says, by its kind, docs/format.md §8. Hashes have 32 bytes, backup ids 16. */
export type LogRecord =
  | { readonly kind: 'manifest'; readonly body: Manifest }
  | { readonly kind: 'merge'; readonly body: Readonly<Record<string, never>> }
  | {
      readonly kind: 'forget' | 'unforget' | 'pin' | 'unpin';
      readonly body: { readonly backupIds: readonly Uint8Array[] };
    }
  | { readonly kind: 'tombstone'; readonly body: Tombstone }
  | { readonly kind: 'quarantine'; readonly body: { readonly packs: readonly QuarantinedPack[] } }
  | {
      readonly kind: 'key_change';
      readonly body: { readonly generation: number; readonly epoch: number; readonly burnt: readonly KeyVersion[] };
    }
  | { readonly kind: 'segment'; readonly body: { readonly entries: readonly SegmentEntry[] } }
  | { readonly kind: 'checkpoint'; readonly body: Checkpoint };

/** An entry as it was written, in a segment. */
export interface SegmentEntry {
  readonly seq: number;
  /** All bytes of its object. */
  readonly sealed: Uint8Array;
}

/** What stands for everything up to `heads`. */
export interface Checkpoint {
  /** Hashes of the entries that it stands for with all their predecessors. */
  readonly heads: readonly Uint8Array[];
  /** The highest number among those. */
  readonly through: number;
  /** Hashes of entries that hold nonetheless. */
  readonly entries: readonly Uint8Array[];
  /** Hashes of all other objects of the log that it stands for and that may still be there. */
  readonly covered: readonly Uint8Array[];
  /** As of all tombstones that it stands for. */
  readonly packs: readonly Uint8Array[];
  /** Packs that what it stands for named and no tombstone does. */
  readonly added: readonly Uint8Array[];
  /** Snapshots given up of which a segment may still have the manifest. */
  readonly snapshots: readonly Uint8Array[];
  /** What was known to be damaged then. */
  readonly quarantine: readonly QuarantinedPack[];
}

/** What goes for good. */
export interface Tombstone {
  /** Packs whose chunks count as absent. */
  readonly packs: readonly Uint8Array[];
  /** Packs that hold what of those is still needed. */
  readonly added: readonly Uint8Array[];
  /** Forgotten snapshots that nothing brings back from here on. */
  readonly snapshots: readonly Uint8Array[];
}

/** What was found damaged of a pack: nothing any more, some of its frames, or all that it holds. */
export interface QuarantinedPack {
  /** 32 bytes. */
  readonly pack: Uint8Array;
  readonly damage: 'none' | 'frames' | 'whole';
  /** Rising; empty unless `damage` is `frames`. */
  readonly frames: readonly number[];
}

export type LogKind = LogRecord['kind'];

/** One entry of a user's log. */
export type LogEntry = {
  /** One more than the highest of its predecessors, 1 without any. */
  readonly seq: number;
  readonly fence: number;
  /** Hashes of its predecessors, 32 bytes each. */
  readonly prev: readonly Uint8Array[];
  readonly time: number;
} & LogRecord;

const HASH_BYTES = 32;
const BACKUP_ID_BYTES = 16;
const UINT32_MAX = 0xffffffff;
/** The two highest section numbers of a pack are its footer's and its trailer's. */
const FRAME_COUNT_MAX = UINT32_MAX - 1;
const LOG_KINDS: readonly LogKind[] = [
  'manifest',
  'merge',
  'forget',
  'unforget',
  'pin',
  'unpin',
  'tombstone',
  'quarantine',
  'key_change',
  'segment',
  'checkpoint',
];

function wireRecord(record: LogRecord): Wire {
  switch (record.kind) {
    case 'manifest':
      return wireManifest(record.body);
    case 'merge':
      return {};
    case 'forget':
    case 'unforget':
    case 'pin':
    case 'unpin':
      return { backup_ids: record.body.backupIds };
    case 'tombstone':
      return { packs: record.body.packs, added: record.body.added, snapshots: record.body.snapshots };
    case 'quarantine':
      return { packs: wireQuarantine(record.body.packs) };
    case 'key_change': {
      const { generation, epoch, burnt } = record.body;
      return { generation, epoch, burnt };
    }
    case 'segment':
      return { entries: record.body.entries.map(({ seq, sealed }) => ({ seq, sealed })) };
    case 'checkpoint': {
      const { quarantine, ...body } = record.body;
      return { ...body, quarantine: wireQuarantine(quarantine) };
    }
  }
}

function wireQuarantine(packs: readonly QuarantinedPack[]): Wire {
  return packs.map(({ pack, damage, frames }) => ({ pack, damage, frames }));
}

function readVersion(list: readonly number[], fields: Fields): KeyVersion {
  const [generation = -1, epoch = -1, ...more] = list;
  if (generation < 0 || epoch < 0 || more.length > 0 || generation > UINT32_MAX || epoch > UINT32_MAX) {
    throw fields.fail('burnt', 'pairs of generation and epoch');
  }
  return [generation, epoch];
}

function readTombstone(fields: Fields): Tombstone {
  return {
    packs: fields.bytesList('packs', HASH_BYTES),
    added: fields.bytesList('added', HASH_BYTES),
    snapshots: fields.bytesList('snapshots', BACKUP_ID_BYTES),
  };
}

function readQuarantined(fields: Fields): QuarantinedPack {
  const pack = fields.bytes('pack', HASH_BYTES);
  const damage = fields.word('damage', ['none', 'frames', 'whole']);
  const frames = fields.ints('frames');
  fields.end();
  const rising = frames.every((frame, i) => frame < FRAME_COUNT_MAX && (i === 0 || frame > frames[i - 1]!));
  if (!rising || frames.length > 0 !== (damage === 'frames')) throw fields.fail('frames', 'the rising frame numbers');
  return { pack, damage, frames };
}

function readSegmentEntry(fields: Fields): SegmentEntry {
  const seq = fields.int('seq', 1, LOG_SEQUENCE_MAX);
  const sealed = fields.bytes('sealed');
  fields.end();
  return { seq, sealed };
}

function readCheckpoint(fields: Fields): Checkpoint {
  return {
    heads: fields.bytesList('heads', HASH_BYTES),
    through: fields.int('through', 0, LOG_SEQUENCE_MAX),
    entries: fields.bytesList('entries', HASH_BYTES),
    covered: fields.bytesList('covered', HASH_BYTES),
    ...readTombstone(fields),
    quarantine: fields.maps('quarantine', readQuarantined),
  };
}

function readRecord(kind: LogKind, fields: Fields): LogRecord {
  switch (kind) {
    case 'manifest':
      return { kind, body: readManifest(fields) };
    case 'merge':
      return { kind, body: {} };
    case 'forget':
    case 'unforget':
    case 'pin':
    case 'unpin':
      return { kind, body: { backupIds: fields.bytesList('backup_ids', BACKUP_ID_BYTES) } };
    case 'tombstone':
      return { kind, body: readTombstone(fields) };
    case 'quarantine':
      return { kind, body: { packs: fields.maps('packs', readQuarantined) } };
    case 'key_change':
      return {
        kind,
        body: {
          generation: fields.int('generation', 0, UINT32_MAX),
          epoch: fields.int('epoch', 0, UINT32_MAX),
          burnt: fields.intLists('burnt').map((list) => readVersion(list, fields)),
        },
      };
    case 'segment':
      return { kind, body: { entries: fields.maps('entries', readSegmentEntry) } };
    case 'checkpoint':
      return { kind, body: readCheckpoint(fields) };
  }
}

function readEntry(fields: Fields): LogEntry {
  // The kind comes first, so that an entry of a newer program is named as such, whatever else it holds.
  const kind = fields.word('kind', LOG_KINDS);
  const prev = fields.bytesList('prev', HASH_BYTES);
  const seq = prev.length === 0 ? fields.int('seq', 1, 1) : fields.int('seq', 2, LOG_SEQUENCE_MAX);
  const fence = fields.int('fence');
  const time = fields.int('time');
  const body = fields.map('body');
  const record = readRecord(kind, body);
  body.end();
  fields.end();
  return { seq, fence, prev, time, ...record };
}

/** The body of a log entry. @throws {TypeError} on an entry that no reader would accept. */
export function encodeLogEntry(entry: LogEntry): Uint8Array {
  const { seq, fence, prev, time, kind } = entry;
  return encodeBody({ seq, fence, prev, time, kind, body: wireRecord(entry) }, readEntry);
}

/**
 * Reads the body of a log entry; its runs of bytes are views of `bytes`.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` naming `object`; `FORMAT_NEWER` for a kind, word or member that this version does not know.
 */
export function decodeLogEntry(bytes: Uint8Array, object = 'a log entry'): LogEntry {
  return decodeBody(bytes, object, readEntry);
}
