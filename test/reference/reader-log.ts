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
  segment: { entries: [{ seq: 'int', sealed: 'bin' }] },
  checkpoint: {
    heads: HASHES,
    through: 'int',
    entries: HASHES,
    covered: HASHES,
    packs: HASHES,
    added: HASHES,
    snapshots: ['bin16'],
    quarantine: [{ pack: 'bin32', damage: 'none|frames|whole', frames: ['int'] }],
  },
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
  readonly heads?: readonly Uint8Array[];
  readonly through?: number;
  /** Hashes in a checkpoint, maps in a segment. */
  readonly entries?: readonly Uint8Array[];
  readonly covered?: readonly Uint8Array[];
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
  const objects = listObjects(user.vault, `${user.home}/log`).map((name) => readEntry(user, name));
  const manifests: Manifest[] = [];
  const forgotten = new Set<string>();
  const buried = new Set<string>();
  const givenUp = new Set<string>();
  const covered = coveredBy(objects);
  checkChain(objects, covered);
  const held = objects.filter(({ hash }) => !covered.has(hash));
  const entries = [...held, ...held.flatMap((entry) => readInside(user, entry))];
  entries.sort((a, b) => a.seq - b.seq || (a.hash < b.hash ? -1 : 1));
  for (const { kind, body } of entries) {
    const { backup_ids = [], packs = [], snapshots = [] } = body;
    // Only what stands behind a manifest can forget it.
    if (kind === 'manifest') forgotten.delete(hex((body as Manifest).backup_id));
    if (kind === 'manifest') manifests.push(body as Manifest);
    if (kind === 'forget') for (const id of backup_ids) forgotten.add(hex(id));
    if (kind === 'unforget') for (const id of backup_ids) forgotten.delete(hex(id));
    const givesUp = kind === 'tombstone' || kind === 'checkpoint';
    if (givesUp) for (const pack of packs) buried.add(hex(pack));
    if (givesUp) for (const id of snapshots) givenUp.add(hex(id));
  }
  const isGone = ({ backup_id: id }: Manifest): boolean => forgotten.has(hex(id)) || givenUp.has(hex(id));
  return { manifests: manifests.filter((manifest) => !isGone(manifest)), buried };
}

function readEntry(user: User, name: string): Entry {
  const [, seq, hash = ''] = /\/(\d{12})-([0-9a-f]{64})$/.exec(name) ?? [];
  return openEntry(user, name, Number(seq), hash, readObject(user.vault, name));
}

/** The entries in a segment, each with the bytes that its object had. */
function readInside(user: User, { name, kind, body }: Entry): Entry[] {
  if (kind !== 'segment') return [];
  const inside = body.entries as unknown as readonly { seq: number; sealed: Uint8Array }[];
  return inside.map(({ seq, sealed }) => {
    const bytes = Buffer.from(sealed);
    const entry = openEntry(user, `${name}, entry ${seq}`, seq, hex(sha256(bytes)), bytes);
    ensure(entry.kind !== 'segment' && entry.kind !== 'checkpoint', `${entry.name} is a ${entry.kind}`);
    return entry;
  });
}

function openEntry(user: User, name: string, seq: number, hash: string, bytes: Buffer): Entry {
  ensure(hex(sha256(bytes)) === hash, `${name} does not have the bytes of its name`);
  const envelope = openEnvelope(bytes, 'log entry', (g, e) => user.keys(g, e).logKey, user, name);
  const value = decode(openSimple(bytes, envelope, name)) as Partial<Entry>;
  const body = value.kind ? BODIES[value.kind] : undefined;
  const spec = { seq: 'int', fence: 'int', prev: HASHES, kind: KINDS, time: 'int', body: body ?? {} };
  const entry = checked<Omit<Entry, 'prev'> & { prev: Uint8Array[] }>(value, spec, name);
  ensure(entry.seq === seq, `${name} has the number ${entry.seq} inside`);
  return { ...entry, name, hash, prev: entry.prev.map(hex) };
}

/** What checkpoints stand for, save what one that holds lists as holding. */
function coveredBy(objects: readonly Entry[]): ReadonlySet<string> {
  const byHash = new Map(objects.map((entry) => [entry.hash, entry]));
  const named = ({ heads = [], covered = [] }: Body) => [...heads, ...covered].map(hex);
  const checkpoints = objects.filter(({ kind }) => kind === 'checkpoint');
  const queue = checkpoints.flatMap(({ body }) => named(body));
  const reached = new Set<string>();
  for (let hash = queue.pop(); hash !== undefined; hash = queue.pop()) {
    if (reached.has(hash)) continue;
    reached.add(hash);
    const entry = byHash.get(hash);
    if (entry) queue.push(...entry.prev, ...(entry.kind === 'checkpoint' ? named(entry.body) : []));
  }
  const holding = checkpoints.filter(({ hash }) => !reached.has(hash));
  for (const { body } of checkpoints) for (const each of body.entries ?? []) reached.add(hex(each));
  for (const { name, body } of holding) {
    for (const held of body.entries ?? []) {
      ensure(byHash.has(hex(held)), `${name} lists an entry that is missing`);
      reached.delete(hex(held));
    }
  }
  return reached;
}

function checkChain(objects: readonly Entry[], covered: ReadonlySet<string>): void {
  const byHash = new Map(objects.map((entry) => [entry.hash, entry]));
  const holding = objects.filter(({ kind, hash }) => kind === 'checkpoint' && !covered.has(hash));
  const through = Math.max(0, ...holding.map(({ body }) => body.through ?? 0));
  const listed = new Set(holding.flatMap(({ body }) => (body.entries ?? []).map(hex)));
  for (const { name, hash, prev, seq, time } of objects) {
    const before = prev.flatMap((each) => byHash.get(each) ?? []);
    const mayLack = covered.has(hash) || listed.has(hash) || seq <= through;
    const lacks = prev.some((each) => !byHash.has(each) && !covered.has(each));
    ensure(mayLack || !lacks, `${name} follows an entry that is missing`);
    const whole = before.length === prev.length;
    ensure(!whole || seq === 1 + Math.max(0, ...before.map((each) => each.seq)), `${name} is out of sequence`);
    ensure(
      before.every((each) => each.time < time),
      `${name} is not later than what it follows`,
    );
  }
}
