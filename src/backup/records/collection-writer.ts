import { RUN_BYTES_MOST, recordId, runEnds } from '../../engine/index.js';
import { type CollectionShape, type EntryContent, ROW_BYTES_MAX, writeRow } from '../../format/index.js';
import { ContentWriter } from '../../snapshot/index.js';
import { type RecordTarget, storeBytes } from './record-target.js';

/** Up to this length memory grows with what is gathered; what is longer is a whole run's, and kept for others. */
const SMALL_BYTES = 64 * 1024;
const SPARES_MOST = 4;
const spares: Uint8Array[] = [];

/** What became of a collection. Contents without bytes are undefined. */
export interface WrittenCollection {
  readonly name: string;
  readonly shape: CollectionShape;
  readonly records: number;
  readonly bytes: number;
  readonly keyBytes: number;
  readonly keysContent: EntryContent;
  readonly recordsContent: EntryContent;
}

/** Gathers one collection's records and keys, and stores them in runs. In memory is one run, or one record that is larger. */
export class CollectionWriter {
  readonly name: string;
  readonly shape: CollectionShape;
  readonly #target: RecordTarget;
  readonly #json = new Gathered();
  readonly #rows = new Gathered();
  readonly #recordsContent: ContentWriter;
  readonly #keysContent: ContentWriter;
  #records = 0;

  constructor(name: string, shape: CollectionShape, target: RecordTarget) {
    this.name = name;
    this.shape = shape;
    this.#target = target;
    this.#recordsContent = new ContentWriter(target.sink);
    this.#keysContent = new ContentWriter(target.sink);
  }

  get records(): number {
    return this.#records;
  }

  /** Bytes in memory. */
  get held(): number {
    return this.#json.held + this.#rows.held;
  }

  /** Takes a record; its bytes are copied. Returns how many bytes are held more, or fewer. Throws `JsonError`, and what the session throws. */
  async add(json: Uint8Array): Promise<number> {
    const before = this.held;
    if (runEnds(this.#json.used, this.#rows.used, json, 0, json.length)) await this.flush();
    const id = recordId(json);
    this.#rows.reserve(ROW_BYTES_MAX);
    this.#rows.used = writeRow(this.#rows.bytes, this.#rows.used, id, json.length);
    this.#json.reserve(json.length);
    this.#json.bytes.set(json, this.#json.used);
    this.#json.used += json.length;
    this.#records++;
    return this.held - before;
  }

  /** Stores what is held. */
  async flush(): Promise<void> {
    await this.#store(this.#json, this.#recordsContent);
    await this.#store(this.#rows, this.#keysContent);
  }

  /** Stores what is held and lets go of the memory. Returns how many bytes that were. */
  async release(): Promise<number> {
    const before = this.held;
    await this.flush();
    this.#json.free();
    this.#rows.free();
    return before;
  }

  /** Stores the rest. */
  async finish(): Promise<WrittenCollection> {
    await this.release();
    const { name, shape } = this;
    return {
      name,
      shape,
      records: this.#records,
      bytes: this.#recordsContent.size,
      keyBytes: this.#keysContent.size,
      keysContent: this.#keysContent.finish(),
      recordsContent: this.#recordsContent.finish(),
    };
  }

  async #store(gathered: Gathered, content: ContentWriter): Promise<void> {
    await storeBytes(this.#target, gathered.bytes.subarray(0, gathered.used), content);
    gathered.clear();
  }
}

/** Fresh memory costs a page fault every 4 KiB, and garbage of megabytes a collection of everything. */
function roomFor(needed: number, wanted: number): Uint8Array {
  if (needed <= SMALL_BYTES) return new Uint8Array(Math.max(needed, 4096, Math.min(wanted, SMALL_BYTES)));
  if (needed > RUN_BYTES_MOST) return new Uint8Array(needed);
  return spares.pop() ?? new Uint8Array(RUN_BYTES_MOST);
}

/** Bytes one behind the other. */
class Gathered {
  bytes: Uint8Array = new Uint8Array(0);
  used = 0;

  get held(): number {
    return this.bytes.length;
  }

  /** Makes room for so many more. */
  reserve(more: number): void {
    const needed = this.used + more;
    if (needed <= this.bytes.length) return;
    const larger = roomFor(needed, this.bytes.length * 2);
    larger.set(this.bytes.subarray(0, this.used));
    this.free(this.used);
    this.bytes = larger;
  }

  /** Forgets all of it, and its memory where that is much. */
  clear(): void {
    if (this.bytes.length > RUN_BYTES_MOST) this.free();
    this.used = 0;
  }

  /** Lets go of the memory, and goes on with `used` bytes elsewhere. */
  free(used = 0): void {
    if (this.bytes.length === RUN_BYTES_MOST && spares.length < SPARES_MOST) spares.push(this.bytes.fill(0));
    this.bytes = new Uint8Array(0);
    this.used = used;
  }
}
