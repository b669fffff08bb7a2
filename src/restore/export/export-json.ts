import { createHash } from 'node:crypto';
import { concatBytes, Slices, throwIfAborted, toHex, utf8 } from '../../base/index.js';
import type { CollectionShape } from '../../format/index.js';
import { RecordReader, type RecordStore } from '../../snapshot/index.js';
import type { RecordLayer } from '../records/layer.js';
import { countShown, isEmpty, shownIn } from '../records/record-files.js';
import { gathered } from '../state/gathered.js';

export interface JsonExportOptions {
  readonly store: RecordStore;
  /** Oldest first. */
  readonly layers: readonly RecordLayer[];
  /** Members of the document in front of `data`. */
  readonly head: object;
  /** Those behind it, once its SHA-256 is known. */
  readonly tail: (dataHash: string) => object | Promise<object>;
  readonly signal?: AbortSignal | undefined;
}

/** A collection of a state, with the captures that show something of it. */
interface Merged {
  readonly name: string;
  readonly parts: { readonly reader: RecordReader; readonly layer: RecordLayer; readonly shape: CollectionShape }[];
}

const COMMA = utf8(',');

/**
 * A document whose member `data` holds the records of a state, each as it was sent, in the order of their captures. Of a collection that is
 * a value in its newest capture only that value is in it; otherwise the lists of all captures, one behind the other.
 *
 * @throws {BitacoraError} `DATA_CORRUPT`, `OBJECT_MISSING`: the document then ends where it is; `CANCELLED`.
 */
export function exportJson(options: JsonExportOptions): AsyncGenerator<Uint8Array> {
  return gathered(pieces(options));
}

async function* pieces(options: JsonExportOptions): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const head = JSON.stringify(options.head).slice(0, -1);
  yield utf8(head === '{' ? '{"data":' : `${head},"data":`);
  for await (const piece of dataPieces(options)) {
    hash.update(piece);
    yield piece;
  }
  const tail = JSON.stringify(await options.tail(toHex(hash.digest()))).slice(1);
  yield utf8(tail === '}' ? '}\n' : `,${tail}\n`);
}

/** The JSON of `data` alone. Pieces hold until the next one is asked for. */
export async function* dataPieces({
  store,
  layers,
  signal,
}: Pick<JsonExportOptions, 'store' | 'layers' | 'signal'>): AsyncGenerator<Uint8Array> {
  const slices = new Slices();
  let before = '{';
  for (const { name, parts } of await merge(store, layers)) {
    yield utf8(`${before}${JSON.stringify(name)}:`);
    before = ',';
    const isList = parts.at(-1)!.shape === 'list';
    if (isList) yield utf8('[');
    let first = true;
    for (const { reader, layer, shape } of isList ? parts : parts.slice(-1)) {
      if (isList && shape !== 'list') continue;
      for await (const { json } of reader.records(name, shownIn(layer, name))) {
        throwIfAborted(signal);
        yield first ? json : concatBytes([COMMA, json]);
        first = false;
        if (slices.over) await slices.next();
      }
    }
    if (isList) yield utf8(']');
  }
  yield utf8(before === '{' ? '{}' : '}');
}

/** Collections in the order in which they first come. One of which nothing is shown is not there, unless it was captured empty. */
async function merge(store: RecordStore, layers: readonly RecordLayer[]): Promise<Merged[]> {
  const merged = new Map<string, Merged>();
  for (const layer of layers) {
    const reader = new RecordReader(store, layer.scope);
    for (const collection of await reader.collections()) {
      const { name, shape } = collection;
      if (countShown(layer, collection) === 0 && !isEmpty(layer, collection)) continue;
      const one = merged.get(name) ?? { name, parts: [] };
      one.parts.push({ reader, layer, shape });
      merged.set(name, one);
    }
  }
  return [...merged.values()];
}
