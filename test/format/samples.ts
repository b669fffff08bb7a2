import { createHash } from 'node:crypto';
import { BitacoraError, type ErrorCode } from '../../src/base/index.js';
import type { LogEntry, Manifest } from '../../src/format/index.js';

/** `length` bytes that look random and are the same in every run. */
export function fixedBytes(length: number, label: string): Uint8Array {
  const blocks: Buffer[] = [];
  for (let at = 0; at < length; at += 32) blocks.push(createHash('sha256').update(`${label} ${at}`).digest());
  return Uint8Array.from(Buffer.concat(blocks).subarray(0, length));
}

/** The code that `call` is refused with, or undefined; anything but a BitacoraError is thrown on. */
export function codeOf(call: () => unknown): ErrorCode | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof BitacoraError) return error.code;
    throw error;
  }
}

export const MANIFEST: Manifest = {
  backupId: fixedBytes(16, 'backup'),
  kind: 'session_end',
  status: 'partial',
  started: 1_700_000_000_000,
  captured: 1_700_000_001_234,
  parent: fixedBytes(16, 'parent'),
  scopes: [
    {
      scope: 'path:/srv/ana',
      path: new TextEncoder().encode('/srv/ana'),
      entry: fixedBytes(120, 'entry'),
      files: 12,
      bytes: 2 ** 40 + 1,
    },
    { scope: 'session:s1', path: new Uint8Array(0), entry: fixedBytes(90, 'entry 2'), files: 0, bytes: 0 },
  ],
  ended: ['session:s0', 'session:ñandú'],
  session: 's1',
  reason: null,
  job: 'j-1',
  idempotency: null,
  packs: [fixedBytes(32, 'pack 1'), fixedBytes(32, 'pack 2')],
  counts: {
    files: 1,
    directories: 2,
    others: 3,
    filesNew: 4,
    filesChanged: 5,
    filesUnchanged: 6,
    filesUnread: 7,
    bytes: 2 ** 53 - 1,
    bytesRead: 9,
    bytesNew: 10,
    bytesAdded: 11,
    chunksNew: 12,
  },
  failures: {
    count: 3,
    items: [{ path: Uint8Array.of(0xff, 0x2f), code: 'SOURCE_UNREADABLE', message: 'Cannot read it.' }],
  },
  program: 'bitacora 0.1.0',
  host: 'ana-laptop',
};

const HASH = fixedBytes(32, 'hash');
const FRAME = { seq: 7, fence: 2, prev: [HASH], time: 1_700_000_002_000 };

/** One entry of each kind. */
export const ENTRIES: readonly LogEntry[] = [
  { ...FRAME, kind: 'manifest', body: MANIFEST },
  { ...FRAME, seq: 1, prev: [], kind: 'merge', body: {} },
  { ...FRAME, kind: 'forget', body: { backupIds: [MANIFEST.backupId] } },
  { ...FRAME, kind: 'unforget', body: { backupIds: [] } },
  { ...FRAME, kind: 'pin', body: { backupIds: [MANIFEST.backupId] } },
  { ...FRAME, kind: 'unpin', body: { backupIds: [MANIFEST.backupId] } },
  { ...FRAME, kind: 'tombstone', body: { packs: [HASH], added: [HASH], snapshots: [MANIFEST.backupId] } },
  {
    ...FRAME,
    kind: 'quarantine',
    body: {
      packs: [
        { pack: HASH, damage: 'frames', frames: [0, 7] },
        { pack: HASH, damage: 'whole', frames: [] },
      ],
    },
  },
  {
    ...FRAME,
    kind: 'key_change',
    body: {
      generation: 2,
      epoch: 5,
      burnt: [
        [1, 3],
        [1, 4],
      ],
    },
  },
  { ...FRAME, kind: 'segment', body: { entries: [{ seq: 3, sealed: fixedBytes(700, 'sealed') }] } },
  {
    ...FRAME,
    kind: 'checkpoint',
    body: {
      heads: [HASH],
      through: 6,
      entries: [HASH, fixedBytes(32, 'other')],
      covered: [fixedBytes(32, 'covered')],
      packs: [fixedBytes(32, 'buried')],
      added: [fixedBytes(32, 'added')],
      snapshots: [fixedBytes(16, 'snapshot')],
      quarantine: [{ pack: fixedBytes(32, 'pack'), damage: 'frames', frames: [1, 4] }],
    },
  },
];
