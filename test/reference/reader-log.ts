import { decode } from '@msgpack/msgpack';
import { checked } from './reader-body.js';
import { ensure, hex, sha256 } from './reader-bytes.js';
import { openEnvelope, openSimple } from './reader-envelope.js';
import { listObjects, readObject, type User } from './reader-vault.js';

const HASHES = ['bin32'] as const;
const COUNTS =
  'files directories others files_new files_changed files_unchanged files_unread bytes bytes_read bytes_new bytes_added chunks_new';

const BODIES = {
  manifest: {
    backup_id: 'bin16',
    kind: 'session_end|periodic|manual|critical',
    status: 'complete|partial',
    started: 'int',
    captured: 'int',
    parent: 'bin16?',
    scopes: [{ scope: 'str', path: 'bin', entry: 'bin', files: 'int', bytes: 'int' }],
    ended: ['str'],
    session: 'str?',
    reason: 'str?',
    job: 'str?',
    idempotency: 'str?',
    packs: HASHES,
    counts: Object.fromEntries(COUNTS.split(' ').map((name) => [name, 'int'])),
    failures: { count: 'int', items: [{ path: 'bin', code: 'str', message: 'str' }] },
    program: 'str',
    host: 'str',
    codec: 'str|absent',
  },
  merge: {},
  forget: { backup_ids: ['bin16'] },
  unforget: { backup_ids: ['bin16'] },
  pin: { backup_ids: ['bin16'] },
  unpin: { backup_ids: ['bin16'] },
  tombstone: { packs: HASHES, added: HASHES, snapshots: ['bin16'] },
  quarantine: { packs: [{ pack: 'bin32', damage: 'none|frames|whole', frames: ['int'] }] },
  key_change: { generation: 'int', epoch: 'int', burnt: [['int']] },
  checkpoint: { heads: HASHES, entries: HASHES },
} as const;
const KINDS = Object.keys(BODIES).join('|');

export interface Manifest {
  readonly backup_id: Uint8Array;
  readonly scopes: readonly { readonly path: Uint8Array; readonly entry: Uint8Array }[];
}

/** What of the entries' bodies is used, whatever their kind. */
interface Body extends Partial<Manifest> {
  readonly backup_ids?: readonly Uint8Array[];
  /** Of a quarantine, which a reader of packs in whatever order need not know, maps. */
  readonly packs?: readonly Uint8Array[];
  readonly snapshots?: readonly Uint8Array[];
}

interface Entry {
  readonly name: string;
  readonly hash: string;
  readonly kind: keyof typeof BODIES;
  readonly seq: number;
  readonly time: number;
  readonly prev: readonly string[];
  readonly body: Body;
}

export interface Log {
  /** Those not forgotten, in the order of the log. */
  readonly manifests: readonly Manifest[];
  /** Names of packs whose chunks count as absent. */
  readonly buried: ReadonlySet<string>;
}

/** Section 8 of the format page: reads all entries, checks each and the chain that they make, and goes through what holds. */
export function readLog(user: User): Log {
  // Names sort as the log does.
  const entries = listObjects(user.vault, `${user.home}/log`).map((name) => readEntry(user, name));
  const manifests: Manifest[] = [];
  const forgotten = new Set<string>();
  const buried = new Set<string>();
  const givenUp = new Set<string>();
  checkChain(entries);
  for (const { kind, body } of entries) {
    const { backup_ids = [], packs = [], snapshots = [] } = body;
    // Only what stands behind a manifest can forget it.
    if (kind === 'manifest') forgotten.delete(hex((body as Manifest).backup_id));
    if (kind === 'manifest') manifests.push(body as Manifest);
    if (kind === 'forget') for (const id of backup_ids) forgotten.add(hex(id));
    if (kind === 'unforget') for (const id of backup_ids) forgotten.delete(hex(id));
    if (kind === 'tombstone') for (const pack of packs) buried.add(hex(pack));
    if (kind === 'tombstone') for (const id of snapshots) givenUp.add(hex(id));
  }
  const isGone = ({ backup_id: id }: Manifest): boolean => forgotten.has(hex(id)) || givenUp.has(hex(id));
  return { manifests: manifests.filter((manifest) => !isGone(manifest)), buried };
}

function readEntry(user: User, name: string): Entry {
  const [, seq, hash = ''] = /\/(\d{12})-([0-9a-f]{64})$/.exec(name) ?? [];
  const bytes = readObject(user.vault, name);
  ensure(hex(sha256(bytes)) === hash, `${name} does not have the bytes of its name`);
  const envelope = openEnvelope(bytes, 'log entry', (g, e) => user.keys(g, e).logKey, user, name);
  const value = decode(openSimple(bytes, envelope, name)) as Partial<Entry>;
  const body = value.kind ? BODIES[value.kind] : undefined;
  const spec = { seq: 'int', fence: 'int', prev: HASHES, kind: KINDS, time: 'int', body: body ?? {} };
  const entry = checked<Omit<Entry, 'prev'> & { prev: Uint8Array[] }>(value, spec, name);
  ensure(entry.seq === Number(seq), `${name} has the number ${entry.seq} inside`);
  return { ...entry, name, hash, prev: entry.prev.map(hex) };
}

/** No program writes checkpoints so far; a log without them has all its entries. */
function checkChain(entries: readonly Entry[]): void {
  const byHash = new Map(entries.map((entry) => [entry.hash, entry]));
  for (const { name, kind, prev, seq, time } of entries) {
    ensure(kind !== 'checkpoint', `${name} is a checkpoint, which is for a newer reader`);
    const before = prev.map((each) => byHash.get(each));
    ensure(!before.includes(undefined), `${name} follows an entry that is missing`);
    ensure(seq === 1 + Math.max(0, ...before.map((each) => each?.seq ?? 0)), `${name} is out of sequence`);
    ensure(
      before.every((each) => each && each.time < time),
      `${name} is not later than what it follows`,
    );
  }
}
