import { BitacoraError, throwIfAborted, toHex } from '../base/index.js';
import type {
  Engine,
  FilesCall,
  FilesResult,
  FinishCall,
  FinishedPack,
  KnownQuestion,
  PartCall,
  PiecesCall,
  SealCall,
  SessionCall,
  StreamCall,
  StreamResult,
  WriteSecrets,
  WriteSettings,
} from '../engine/index.js';
import { CHUNK_KINDS, type ChunkKind, decodeFooter, ID_BYTES, packName, uidOf } from '../format/index.js';
import type { Backend } from '../storage/index.js';
import { adoptedPacks, checkRelied } from './check-relied.js';
import type { ChunkLocation } from './chunk-index-records.js';
import type { UserIndex } from './chunk-index-user.js';
import { Claims, idKey } from './claims.js';
import { callLane, type LaneLoad, pickLane } from './lane-load.js';
import type { PackedNodes } from './node-queue.js';
import { NodeWriter } from './node-writer.js';
import { holds, type ParentIds } from './parent-ids.js';
import { PieceFeed } from './piece-feed.js';
import { SessionRouter } from './session-router.js';
import { feedStream } from './stream-feed.js';

/** Calls under way in one lane: one is read while one waits for its answer and one is on the way. */
const CALLS_PER_LANE = 3;
/** A snapshot whose data stays below this shares one pack between data and nodes. */
const SMALL_SNAPSHOT_BYTES = 4 * 2 ** 20;

export interface WriteSessionOptions {
  readonly engine: Engine;
  readonly backend: Backend;
  readonly index: UserIndex;
  readonly secrets: WriteSecrets;
  readonly settings: WriteSettings;
  readonly signal?: AbortSignal | undefined;
  /** What the index has, but nobody should rely on: it is stored again. */
  readonly distrusted?: DistrustedChunks | undefined;
}

export interface DistrustedChunks {
  /** Directory nodes and chunk lists, wherever they are. */
  readonly nodes: boolean;
  /** Everything in these packs, by hash in hex. */
  readonly packs: ReadonlySet<string>;
}

export interface StoredPacks {
  /** Names of the packs added, in the order in which they became durable. */
  readonly packs: readonly Uint8Array[];
  /**
   * Older packs that the session relied on and that no snapshot names yet: interrupted sessions left them. The manifest has to
   * name them too, or an index that lost its last writes would not find them again.
   */
  readonly adopted: readonly Uint8Array[];
  readonly bytesAdded: number;
  readonly chunksNew: number;
  readonly bytesNew: number;
}

type PackedSeal = SealCall & PackedNodes;

/** Told of a stream's next chunks: ids and lengths, packed; and of pieces whose they are. */
export type OnItems = (ids: Uint8Array, lengths: Uint32Array, owners: Uint32Array | undefined) => void;

/**
 * Runs `body` with a session that stores chunks for one user. When it returns every pack is durable and indexed, and so is
 * every older pack that the session relied on; when it throws, nothing is committed and what was begun is thrown away.
 */
export async function withWriteSession<T>(
  options: WriteSessionOptions,
  body: (session: WriteSession) => Promise<T>,
): Promise<{ value: T; stored: StoredPacks }> {
  const session = new WriteSession(options);
  try {
    const value = await body(session);
    return { value, stored: await session.finish() };
  } catch (error) {
    const cause = session.failure ?? error;
    await session.abort();
    throw cause;
  }
}

export class WriteSession {
  readonly #options: WriteSessionOptions;
  readonly #router: SessionRouter;
  readonly #id: number;
  readonly #claims: Claims;
  readonly #nodes: NodeWriter;
  readonly #lanes: LaneLoad[];
  readonly #hints = new Map<number, readonly ParentIds[]>();
  readonly #streams = new Map<number, OnItems>();
  readonly #relied = new Set<number>();
  readonly #packs: Uint8Array[] = [];
  readonly #open = new Set<Promise<unknown>>();
  readonly #storing = new Set<Promise<void>>();
  #waiting: (() => void)[] = [];
  #nextCall = 1;
  #dataBytes = 0;
  #bytesAdded = 0;
  #chunksNew = 0;
  #bytesNew = 0;
  #failure: unknown;
  /** What goes with the call that ends the session, once that is near. */
  #last: PackedSeal[] | undefined;

  constructor(options: WriteSessionOptions) {
    this.#options = options;
    this.#router = SessionRouter.of(options.engine);
    const { id, lanes } = this.#router.add({
      known: (question) => this.#known(question),
      pack: (pack) => this.#take(pack),
    });
    this.#id = id;
    this.#claims = new Claims(options.index.empty);
    this.#nodes = new NodeWriter({
      areStored: (ids) => this.#areStored(ids),
      seal: (kind, nodes, into) => this.#seal(kind, nodes, into),
    });
    this.#lanes = lanes.map((lane) => ({ lane, calls: 0, opened: false }));
  }

  /** Resolves when another call may be made without piling up work; throws what made the session fail. */
  async ready(): Promise<void> {
    for (;;) {
      this.#check();
      await this.drain();
      if (this.#lanes.some((load) => load.calls < CALLS_PER_LANE)) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Stores nodes when there are many, so that they do not pile up. Throws what made the session fail. */
  async drain(): Promise<void> {
    this.#check();
    await this.#nodes.drain();
  }

  /** What made the session fail, if it did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Reads and stores a batch of files. `parents[i]`: the ids that file i had before. Buffers are handed over. */
  async files(
    names: Uint8Array,
    meta: Float64Array,
    parents: readonly ParentIds[],
    bytes: number,
  ): Promise<FilesResult> {
    const call = this.#nextCall++;
    this.#dataBytes += bytes;
    this.#hints.set(call, parents);
    const payload: FilesCall = { session: this.#id, call, names, meta };
    try {
      return (await this.#call(this.#pick(), 'write.files', payload)) as FilesResult;
    } finally {
      this.#hints.delete(call);
    }
  }

  /** Reads and stores a stream; `onItems` hears of its chunks in order. A stream that cannot be read is no failure of the session. */
  async stream(source: Omit<StreamCall, 'session' | 'stream'>, onItems: OnItems): Promise<StreamResult> {
    const stream = this.#nextCall++;
    this.#dataBytes += source.size;
    this.#streams.set(stream, onItems);
    try {
      const payload: StreamCall = { ...source, session: this.#id, stream };
      return (await this.#call(this.#pick(), 'write.stream', payload)) as StreamResult;
    } finally {
      this.#streams.delete(stream);
    }
  }

  /**
   * Stores bytes that the caller brings as one stream; `onItems` hears of its chunks in order. Returns how many bytes there were.
   * Throws what `source` throws; a stream is then of no use, and neither is the session.
   */
  async feed(source: AsyncIterable<Uint8Array>, onItems: OnItems): Promise<number> {
    const stream = this.#nextCall++;
    const load = this.#pick();
    this.#streams.set(stream, onItems);
    try {
      return await feedStream(source, (bytes, final) => {
        this.#dataBytes += bytes.length;
        const payload: PartCall = { session: this.#id, stream, bytes, final };
        return this.#call(load, 'write.part', payload, [bytes.buffer]);
      });
    } finally {
      this.#streams.delete(stream);
    }
  }

  /** Stores pieces that `body` brings; `onItems` hears of their chunks, of each owner's in order. Throws what `body` throws; the session is of no use then. */
  async pieces(onItems: OnItems, body: (feed: PieceFeed) => Promise<void>): Promise<void> {
    const stream = this.#nextCall++;
    const load = this.#pick();
    this.#streams.set(stream, onItems);
    const feed = new PieceFeed((bytes, segments) => {
      this.#dataBytes += bytes.length;
      const payload: PiecesCall = { session: this.#id, stream, bytes, segments };
      return this.#call(load, 'write.pieces', payload, [bytes.buffer]);
    });
    try {
      await body(feed);
      await feed.finish();
    } finally {
      this.#streams.delete(stream);
    }
  }

  /** Queues a directory node, a chunk list, or data that needs no cutting. `bytes` are kept until stored and must not change. */
  addNode(kind: ChunkKind, id: Uint8Array, bytes: Uint8Array): void {
    const key = idKey(id, 0);
    if (this.#claims.has(key)) return;
    this.#claims.claim(key);
    if (kind === CHUNK_KINDS.data) this.#dataBytes += bytes.length;
    this.#nodes.add(kind, id, bytes);
  }

  /** Makes everything durable. The session is over afterwards. */
  async finish(): Promise<StoredPacks> {
    await Promise.all(this.#open);
    this.#last = [];
    await this.#nodes.finish(this.#dataBytes < SMALL_SNAPSHOT_BYTES);
    await Promise.all(this.#lanes.map((load, lane) => this.#finishLane(load, lane === 0 ? this.#last! : [])));
    this.#check();
    await checkRelied(this.#options.backend, this.#options.index, this.#options.secrets.uid, this.#relied);
    this.#router.remove(this.#id);
    return {
      packs: this.#packs,
      adopted: adoptedPacks(this.#options.index, this.#packs, this.#relied),
      bytesAdded: this.#bytesAdded,
      chunksNew: this.#chunksNew,
      bytesNew: this.#bytesNew,
    };
  }

  /** What is sealed last goes with the call that ends the session. */
  #finishLane(load: LaneLoad, seals: readonly PackedSeal[]): Promise<unknown> | undefined {
    if (!load.opened && seals.length === 0) return undefined;
    const transfer = seals.map(({ bytes }) => bytes.buffer);
    const call: FinishCall = { session: this.#id, seals };
    return this.#call(load, 'write.finish', call, transfer);
  }

  async abort(): Promise<void> {
    this.#failure ??= new BitacoraError('CANCELLED', 'The write session was given up.');
    this.#wake();
    await Promise.allSettled(this.#open);
    const opened = this.#lanes.filter((load) => load.opened);
    await Promise.allSettled(opened.map(({ lane }) => lane.call('write.abort', { session: this.#id })));
    // Of a worker that died the packs on their way are still here.
    await Promise.allSettled(this.#storing);
    this.#router.remove(this.#id);
  }

  #check(): void {
    throwIfAborted(this.#options.signal);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #pick(): LaneLoad {
    return pickLane(this.#lanes, this.#dataBytes >= SMALL_SNAPSHOT_BYTES);
  }

  #call(load: LaneLoad, type: string, payload: SessionCall, transfer?: readonly ArrayBuffer[]): Promise<unknown> {
    this.#check();
    load.calls++;
    const done = callLane(load, this.#options, type, payload, transfer).finally(() => {
      load.calls--;
      this.#wake();
    });
    return this.#track(done);
  }

  /** Remembers a promise until it settles; the first failure fails the session. */
  #track<T>(promise: Promise<T>): Promise<T> {
    const settled = promise
      .then(
        () => {},
        (error: unknown) => {
          this.#failure ??= error;
        },
      )
      .finally(() => {
        this.#open.delete(settled);
        this.#wake();
      });
    this.#open.add(settled);
    return promise;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async #known(question: KnownQuestion): Promise<Uint8Array> {
    this.#check();
    const { ids, lengths, files, call } = question;
    const answer = new Uint8Array(lengths.length);
    // What the parent has may be damaged; then the index is asked, which knows.
    const parents = this.#options.index.quarantine.empty ? this.#hints.get(call) : undefined;
    const asked: number[] = [];
    for (let i = 0; i < lengths.length; i++) {
      if (parents && files && holds(parents[files[i]!], ids, i)) answer[i] = 1;
      else if (this.#claims.has(idKey(ids, i))) answer[i] = 1;
      else if (this.#claims.mayBeIndexed(ids, i)) asked.push(i);
      else this.#claim(ids, lengths, i);
    }
    if (asked.length > 0) await this.#lookUp(ids, lengths, asked, answer);
    this.#streams.get(call)?.(ids, lengths, files);
    return answer;
  }

  async #lookUp(ids: Uint8Array, lengths: Uint32Array, asked: number[], answer: Uint8Array): Promise<void> {
    const wanted = new Uint8Array(asked.length * ID_BYTES);
    asked.forEach((chunk, i) => void wanted.set(ids.subarray(chunk * ID_BYTES, (chunk + 1) * ID_BYTES), i * ID_BYTES));
    const found = await this.#options.index.lookup(wanted);
    asked.forEach((chunk, i) => {
      const stored = this.#relyOn(found[i]);
      // Somebody else may have claimed the chunk while LevelDB was asked.
      if (stored || this.#claims.has(idKey(ids, chunk))) answer[chunk] = 1;
      else this.#claim(ids, lengths, chunk);
    });
  }

  /** Whether a chunk need not be stored; in the same step nobody may take its pack away any more. */
  #relyOn(location: ChunkLocation | undefined): boolean {
    const { distrusted, index } = this.#options;
    if (!location || !index.mayRely(location.pack) || index.quarantine.has(location)) return false;
    if (distrusted?.packs.has(toHex(index.packName(location.pack)))) return false;
    index.holders.rely(location.pack);
    this.#relied.add(location.pack);
    return true;
  }

  #claim(ids: Uint8Array, lengths: Uint32Array, chunk: number): void {
    this.#claims.claim(idKey(ids, chunk));
    this.#chunksNew++;
    this.#bytesNew += lengths[chunk]!;
  }

  /** `abort` waits for those under way. */
  #take(pack: FinishedPack): Promise<void> {
    const storing = this.#store(pack).finally(() => this.#storing.delete(storing));
    this.#storing.add(storing);
    return storing;
  }

  /** A pack goes to the backend first, then to the index: only what is durable may be relied on. */
  async #store(pack: FinishedPack): Promise<void> {
    this.#check();
    const { backend, index, secrets, signal } = this.#options;
    const source =
      'file' in pack.source
        ? { file: pack.source.file, length: pack.length, sha256: pack.name }
        : { bytes: pack.source.bytes };
    await backend.put(packName(uidOf(secrets.uid), pack.name), source, { signal });
    const footer = decodeFooter(pack.footer);
    index.holders.rely(await index.addPack(pack.name, pack.sealedHead, footer));
    await this.#claims.settle(footer.ids);
    this.#packs.push(pack.name);
    this.#bytesAdded += pack.length;
  }

  async #areStored(ids: Uint8Array): Promise<readonly boolean[]> {
    const { index, distrusted } = this.#options;
    const count = ids.length / ID_BYTES;
    if (index.empty || distrusted?.nodes) return new Array<boolean>(count).fill(false);
    const found = await index.lookup(ids);
    return found.map((known, i) => {
      if (!this.#relyOn(known)) return false;
      this.#claims.drop(idKey(ids, i));
      return true;
    });
  }

  async #seal(kind: ChunkKind, nodes: PackedNodes, into: 'data' | 'meta'): Promise<void> {
    this.#chunksNew += nodes.lengths.length;
    if (kind === CHUNK_KINDS.data) this.#bytesNew += nodes.bytes.length;
    const call = { session: this.#id, kind, into, ...nodes };
    const load = into === 'data' ? this.#lanes[0]! : this.#lanes.at(-1)!;
    if (this.#last && load === this.#lanes[0]) this.#last.push(call);
    else await this.#call(load, 'write.seal', call, [nodes.bytes.buffer]);
  }
}
