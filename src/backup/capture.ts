import { existsSync } from 'node:fs';
import { BitacoraError, isBitacoraError, type ProgressSink, Slices, toHex } from '../base/index.js';
import { createIdHasher } from '../crypto/index.js';
import { CHUNK_BYTES_MOST, type WriteSettings } from '../engine/index.js';
import { ID_BYTES, packName, type ScopeRecord, uidOf } from '../format/index.js';
import type { NodeSink } from '../snapshot/index.js';
import {
  type DistrustedChunks,
  type StoredPacks,
  type UserIndex,
  type WriteSession,
  withWriteSession,
} from '../store/index.js';
import type { UserRepository } from '../vault/index.js';
import type { CaptureOptions } from './capture-options.js';
import { FileReader } from './file-reader.js';
import { LinkedContents } from './linked-contents.js';
import { notKept } from './not-kept.js';
import { ParentDamage } from './parent-damage.js';
import { NO_PARENTS, type ParentScopes, parentScopes } from './parents.js';
import { type Walking, walkScope } from './path-capture.js';
import { captureRecords } from './records/capture-records.js';
import { BackupCounts } from './report.js';
import { vaultIdentity } from './sources.js';
import { captureStream } from './stream-capture.js';
import { streamScope } from './stream-source.js';

const RACY_MS = 2000;
const PACK_BYTES_TARGET = 32 * 2 ** 20;

export interface Capture {
  readonly scopes: readonly ScopeRecord[];
  readonly stored: StoredPacks;
  readonly counts: BackupCounts;
  /** The snapshot whose tree was merged, if there was one: of the first scope. */
  readonly parent: Uint8Array | undefined;
}

const NOTHING_STORED: StoredPacks = { packs: [], adopted: [], bytesAdded: 0, chunksNew: 0, bytesNew: 0 };

/**
 * Walks the sources and stores what is new. Where the parent's tree is found damaged nothing of it is relied on: everything is
 * read again, and what lay in the damaged place is stored again, so that older snapshots heal with it.
 */
export async function captureScopes(options: CaptureOptions): Promise<Capture> {
  const { repository, logger } = options;
  const { paths, streams, records } = options.sources;
  // Records in memory can be taken once more: a pack that they rely on is looked for at the end, and then all of them are.
  const repeatable = paths.length + streams.length === 0 && records?.json !== undefined;
  if (!repeatable || isDue(options)) await forgetLostPacks(options);
  const names = [...paths.map(({ scope }) => scope), ...streams.map(({ name }) => streamScope(name))];
  const parents = await parentScopes(repository, names, logger);
  try {
    return await attempt(options, parents, undefined);
  } catch (error) {
    if (repeatable && isBitacoraError(error, 'OBJECT_MISSING') && error.details.index === true) {
      await forgetLostPacks(options);
      return attempt(options, parents, undefined);
    }
    if (!(error instanceof ParentDamage)) throw error;
    const reason = error.damage.message;
    logger.warn('The parent snapshot is damaged; everything is read again.', { user: repository.name, reason });
    // Streams and records are read behind the paths, so that none was begun yet.
    return attempt(options, { ...NO_PARENTS, id: parents.id }, { nodes: true, packs: error.packs });
  }
}

/** When the packs of an open user were last looked for, on the monotonic clock. */
const lookedAt = new WeakMap<UserIndex, number>();
const LOOK_EACH_MS = 60_000;

/** Whether it is time to look for all packs, which takes longer the more there are. */
function isDue({ repository, clock }: CaptureOptions): boolean {
  const last = lookedAt.get(repository.index);
  return last === undefined || clock.monotonic() - last >= LOOK_EACH_MS;
}

/**
 * Packs whose files are gone are no longer relied on, neither for dedup nor by way of a parent: what they held is stored again.
 * Looks at names only, and only where that costs no request.
 */
async function forgetLostPacks({ repository, logger, clock }: CaptureOptions): Promise<void> {
  const { backend, index, uid, name: user } = repository;
  lookedAt.set(index, clock.monotonic());
  const slices = new Slices();
  const lost: Uint8Array[] = [];
  for (const hash of index.packNames()) {
    const path = backend.localPath(packName(uidOf(uid), hash));
    if (path !== undefined && !existsSync(path)) lost.push(hash);
    if (slices.over) await slices.next();
  }
  if (lost.length === 0) return;
  for (const hash of lost) {
    logger.error('A pack is gone from the vault; what it held is stored again.', { user, object: toHex(hash) });
    await index.forgetPack(hash);
  }
  await index.setSuspect();
}

async function attempt(
  options: CaptureOptions,
  parents: ParentScopes,
  distrusted: DistrustedChunks | undefined,
): Promise<Capture> {
  const { repository } = options;
  const counts = new BackupCounts();
  if (options.sources.paths.length > 0) for (const what of notKept()) counts.warn(what);
  if (options.dryRun) {
    const scopes = await walkScopes(options, counts, parents, undefined);
    return { scopes, counts, stored: NOTHING_STORED, parent: parents.id };
  }
  checkChunkSizes(repository);
  const settings: WriteSettings = {
    codec: options.codec,
    level: options.level,
    spoolDirectory: repository.backend.spoolDirectory(),
    packBytesTarget: PACK_BYTES_TARGET,
    smallClass: repository.chunker.small,
    largeClass: repository.chunker.large,
  };
  const { value, stored } = await withWriteSession(
    {
      engine: options.engine,
      backend: repository.backend,
      index: repository.index,
      secrets: repository.secrets,
      settings,
      signal: options.signal,
      distrusted,
    },
    (session) => walkScopes(options, counts, parents, session),
  );
  return { scopes: value, counts, stored, parent: parents.id };
}

async function walkScopes(
  options: CaptureOptions,
  counts: BackupCounts,
  parents: ParentScopes,
  session: WriteSession | undefined,
): Promise<ScopeRecord[]> {
  const hasher = createIdHasher(options.repository.secrets.idKeys);
  const sink: NodeSink = {
    identify(kind, bytes) {
      const id = new Uint8Array(ID_BYTES);
      hasher.id(kind, bytes, id, 0);
      return id;
    },
    add: (kind, id, bytes) => session?.addNode(kind, id, bytes),
  };
  const links = new LinkedContents();
  const racyFromSec = (options.started - RACY_MS) / 1000;
  const reader = session && new FileReader(session, sink, links, racyFromSec);
  const progress = withTotals(options.progress, parents);
  const vault = vaultIdentity(options.vaultPath);
  const walking: Walking = { options, progress, vault, counts, sink, links, racyFromSec, session, reader };
  try {
    const records: ScopeRecord[] = [];
    for (const source of options.sources.paths) {
      records.push(await walkScope(walking, source, parents.entries.get(source.scope)));
    }
    const onProgress = (current: string): void =>
      progress({ phase: 'backup', files: counts.files, bytes: counts.bytes, current });
    for (const stream of options.sources.streams) {
      const parent = parents.entries.get(streamScope(stream.name));
      records.push(await captureStream(stream, parent, { ...options, counts, sink, session, onProgress }));
    }
    if (options.sources.records) {
      const { repository, signal } = options;
      const chunkBytesLeast = repository.chunker.small.minBytes;
      const capture = {
        engine: options.engine,
        sink,
        session,
        chunkBytesLeast,
        index: repository.index,
        counts,
        progress,
        signal,
      };
      records.push(...(await captureRecords(options.sources.records, capture)));
    }
    if (records.length === 0) {
      throw new BitacoraError(
        'NO_SOURCE',
        'There is nothing to back up: the records have no collection, and no session.',
      );
    }
    return records;
  } catch (error) {
    reader?.abandon();
    throw error;
  } finally {
    hasher.close();
  }
}

/** Adds how much there is to do, which is about what the scopes held last time. */
function withTotals(progress: ProgressSink, { totals }: ParentScopes): ProgressSink {
  if (!totals) return progress;
  const { files: filesTotal, bytes: bytesTotal } = totals;
  return (figures) => progress({ ...figures, filesTotal, bytesTotal, totalsAreGuesses: true });
}

/** Another writer of the format may have made the user with chunks that do not fit into this one's memory. */
function checkChunkSizes({ chunker, name }: UserRepository): void {
  const largest = Math.max(chunker.small.maxBytes, chunker.large.maxBytes);
  if (largest <= CHUNK_BYTES_MOST) return;
  const message = `Cannot back up "${name}": its chunks may have ${largest} bytes, and this version of the program makes chunks of at most ${CHUNK_BYTES_MOST}. Upgrade the program.`;
  throw new BitacoraError('FORMAT_NEWER', message, { details: { user: name } });
}
