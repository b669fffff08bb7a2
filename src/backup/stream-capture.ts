import { BitacoraError, type Clock, isBitacoraError } from '../base/index.js';
import { ENTRY_TYPES, type EntryContent, encodeEntry, type ScopeRecord, type TreeEntry } from '../format/index.js';
import { ContentWriter, type NodeSink } from '../snapshot/index.js';
import type { WriteSession } from '../store/index.js';
import type { BackupCounts } from './report.js';
import { stoppable } from './stoppable.js';
import { type StreamSource, streamPath, streamScope } from './stream-source.js';

export interface StreamCapture {
  readonly counts: BackupCounts;
  readonly sink: NodeSink;
  /** Undefined in a dry run, which opens no stream. */
  readonly session: WriteSession | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  onProgress(current: string): void;
}

/** Reads a stream to its end and stores it. Throws `SOURCE_FAILED` when it does not end well, and what the session throws. */
export async function captureStream(
  source: StreamSource,
  parent: TreeEntry | undefined,
  capture: StreamCapture,
): Promise<ScopeRecord> {
  const { counts, sink, session, clock } = capture;
  const content = new ContentWriter(sink);
  const bytes = session
    ? await session.feed(counted(source, capture), (ids, lengths) => content.addChunks(ids, lengths))
    : 0;
  if (session && bytes === 0) counts.warn(`The stream "${source.name}" was empty.`);
  const entry = streamEntry(content.finish(), bytes, clock.now());
  counts.files++;
  if (parent === undefined) counts.filesNew++;
  else if (session && sameContent(parent, entry)) counts.filesUnchanged++;
  else counts.filesChanged++;
  return {
    scope: streamScope(source.name),
    path: streamPath(source.name),
    entry: encodeEntry(entry),
    files: 1,
    bytes,
  };
}

/** A file that only its owner may read, who is the one that runs the program; of the moment at which the stream ended. */
function streamEntry(content: EntryContent, size: number, nowMs: number): TreeEntry {
  const sec = Math.floor(nowMs / 1000);
  const nsec = Math.floor((nowMs - sec * 1000) * 1e6);
  return {
    name: new Uint8Array(0),
    type: ENTRY_TYPES.file,
    flags: 0,
    mode: 0o600,
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
    mtimeSec: sec,
    mtimeNsec: nsec,
    ctimeSec: sec,
    ctimeNsec: nsec,
    inode: 0n,
    device: 0n,
    size,
    xattrs: [],
    content,
  };
}

function sameContent(a: TreeEntry, b: TreeEntry): boolean {
  const about = { name: b.name, flags: b.flags, mtimeSec: 0, mtimeNsec: 0, ctimeSec: 0, ctimeNsec: 0 };
  return Buffer.compare(encodeEntry({ ...a, ...about }), encodeEntry({ ...b, ...about })) === 0;
}

/** The stream's bytes, counted; stops at once when the signal says so, also while the source has nothing to give. */
async function* counted(source: StreamSource, capture: StreamCapture): AsyncGenerator<Uint8Array> {
  const { counts, onProgress, signal } = capture;
  try {
    for await (const bytes of stoppable((stop) => source.open(stop), signal)) {
      counts.bytes += bytes.length;
      counts.bytesRead += bytes.length;
      onProgress(source.name);
      yield bytes;
    }
  } catch (error) {
    throw sourceError(source, error);
  }
}

function sourceError({ name }: StreamSource, error: unknown): unknown {
  if (isBitacoraError(error) || !(error instanceof Error) || error instanceof TypeError) return error;
  const message = `The stream "${name}" broke off: ${error.message}. Nothing of it was kept.`;
  return new BitacoraError('SOURCE_FAILED', message, { details: { stream: name }, cause: error });
}
