import { BitacoraError, isBitacoraError, Slices } from '../../base/index.js';
import {
  type Engine,
  JsonError,
  knownTable,
  type RecordTable,
  rememberTable,
  tableInWorker,
} from '../../engine/index.js';
import { COLLECTIONS_MAX, decodeWholeEntry, ENTRY_TYPES, type ScopeRecord } from '../../format/index.js';
import { stoppable } from '../stoppable.js';
import { captureTable } from './capture-table.js';
import { checkCollectionName } from './collection-name.js';
import type { CollectionWriter } from './collection-writer.js';
import type { RecordCapture } from './record-capture.js';
import type { RecordPart, RecordSource } from './record-source.js';
import { ScopeWriter } from './scope-writer.js';

/** Beyond this the largest collection is stored, whatever its run. */
const HELD_BYTES_MOST = 24 * 2 ** 20;

/**
 * Reads a source of records to its end and stores them, each byte as it came. Memory is bounded, however much there is and however the
 * collections are mixed.
 *
 * @returns The scopes in the order in which they came.
 * @throws {BitacoraError} `BAD_NAME`, `USAGE` for what cannot be kept so, `SOURCE_FAILED` when the source breaks off, `CANCELLED`, and
 *   what the session throws.
 */
export async function captureRecords(source: RecordSource, capture: RecordCapture): Promise<ScopeRecord[]> {
  const table = capture.session && source.json && (await tableOf(source.json, capture.engine));
  if (capture.session && source.json && table) {
    return countNew(await captureTable(source, source.json, table, { ...capture, session: capture.session }), capture);
  }
  const scopes = new RecordScopes(source, capture);
  const slices = new Slices();
  try {
    for await (const parts of stoppable((stop) => source.open(stop), capture.signal)) {
      for (const part of parts) {
        await scopes.add(part);
        if (slices.over) await slices.next();
      }
    }
  } catch (error) {
    throw sourceError(error);
  }
  return scopes.finish();
}

class RecordScopes {
  readonly #source: RecordSource;
  readonly #capture: RecordCapture;
  readonly #scopes = new Map<string, ScopeWriter>();
  readonly #collections = new Map<string, CollectionWriter>();
  #held = 0;

  constructor(source: RecordSource, capture: RecordCapture) {
    this.#source = source;
    this.#capture = capture;
    for (const scope of source.whole) this.#scope(scope);
  }

  async add({ collection, shape, json }: RecordPart): Promise<void> {
    const writer = this.#collection(collection, shape);
    if (!json) return;
    this.#held += await writer.add(json);
    const { counts, progress } = this.#capture;
    counts.files++;
    counts.bytes += json.length;
    counts.bytesRead += json.length;
    progress({ phase: 'backup', files: counts.files, bytes: counts.bytes, current: collection });
    while (this.#held > HELD_BYTES_MOST) await this.#relieve();
  }

  async finish(): Promise<ScopeRecord[]> {
    const records: ScopeRecord[] = [];
    for (const scope of this.#scopes.values()) records.push(await scope.finish());
    return countNew(records, this.#capture);
  }

  #collection(name: string, shape: RecordPart['shape']): CollectionWriter {
    const known = this.#collections.get(name);
    // A list that goes on is nearly all that there is.
    if (known && shape === 'list' && known.shape === 'list') return known;
    if (!known) checkCollectionName(name);
    if (!known && this.#collections.size === COLLECTIONS_MAX) {
      throw new BitacoraError('USAGE', `There are more than ${COLLECTIONS_MAX} collections in one capture.`);
    }
    const writer = this.#scope(this.#source.scopeOf(name)).collection(name, shape);
    this.#collections.set(name, writer);
    return writer;
  }

  #scope(name: string): ScopeWriter {
    const known = this.#scopes.get(name);
    if (known) return known;
    const made = new ScopeWriter(name, this.#capture);
    this.#scopes.set(name, made);
    return made;
  }

  async #relieve(): Promise<void> {
    let largest: CollectionWriter | undefined;
    for (const one of this.#collections.values()) if (!largest || one.held > largest.held) largest = one;
    if (!largest) throw new TypeError('Bytes are held that no collection has.');
    this.#held -= await largest.release();
  }
}

/** Counts the records of scopes as new or not: a scope whose directory is stored already is one that did not change. */
async function countNew(scopes: ScopeRecord[], { counts, index }: RecordCapture): Promise<ScopeRecord[]> {
  for (const { entry, scope, files } of scopes) {
    const root = decodeWholeEntry(entry, `scope "${scope}"`);
    const id = root.type === ENTRY_TYPES.records && root.content.form === 'directory' ? root.content.id : undefined;
    const [known] = id && !index.empty ? await index.lookup(id) : [];
    if (known) counts.filesUnchanged += files;
    else counts.filesNew += files;
  }
  return scopes;
}

/** Undefined where the records are to be read as a stream: that will say why. */
async function tableOf(json: Uint8Array, engine: Engine): Promise<RecordTable | undefined> {
  const known = knownTable(json);
  if (known) return known;
  const table = await tableInWorker(engine, json);
  if (table) rememberTable(json, table);
  return table;
}

function sourceError(error: unknown): unknown {
  if (error instanceof JsonError) return new BitacoraError('USAGE', `A record is no JSON: ${error.message}.`);
  if (isBitacoraError(error) || !(error instanceof Error) || error instanceof TypeError) return error;
  const message = `The records broke off: ${error.message}. Nothing of them was kept.`;
  return new BitacoraError('SOURCE_FAILED', message, { cause: error });
}
