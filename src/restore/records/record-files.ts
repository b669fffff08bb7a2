import { asBuffer, utf8 } from '../../base/index.js';
import { ENTRY_TYPES, type RecordCollection, type TreeEntry } from '../../format/index.js';
import { collectionFile, RecordReader, type RecordStore, recordsPath } from '../../snapshot/index.js';
import type { RecordLayer } from './layer.js';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const LINE_END = Uint8Array.of(NEWLINE);

/**
 * What a restore makes of one collection of one scope: a file with a record a line, or with the value. In strings JSON has no raw line
 * ends, so that those in a record are white space, and become spaces.
 */
export class RecordFile {
  readonly scope: string;
  readonly collection: RecordCollection;
  /** When its capture ended, milliseconds since 1970. */
  readonly captured: number;
  /** Names of the directories that it lies in, from the target on. */
  readonly directories: readonly string[];
  readonly name: string;
  /** How many of the records are shown. */
  readonly records: number;
  readonly #reader: RecordReader;
  readonly #isShown: (index: number) => boolean;

  constructor(reader: RecordReader, layer: RecordLayer, collection: RecordCollection, records: number) {
    const { scope } = layer.scope;
    this.scope = scope;
    this.collection = collection;
    this.captured = layer.captured;
    this.directories = recordsPath(scope).split('/').slice(1);
    this.name = collectionFile(collection.name, collection.shape);
    this.records = records;
    this.#reader = reader;
    this.#isShown = shownIn(layer, collection.name);
  }

  /** The way to it from the target, as text. */
  get path(): string {
    return [...this.directories, this.name].join('/');
  }

  /** How many bytes it will have. Reads keys only. */
  async size(): Promise<number> {
    const { name, shape } = this.collection;
    let size = 0;
    for await (const { index, length } of this.#reader.keys(name)) {
      if (this.#isShown(index)) size += length + (shape === 'list' ? 1 : 0);
    }
    return size;
  }

  /** Its bytes. Pieces hold until the next one is asked for. Throws what the reader throws. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    const { name, shape } = this.collection;
    for await (const { json } of this.#reader.records(name, this.#isShown)) {
      if (shape === 'value') yield json;
      else {
        yield onOneLine(json);
        yield LINE_END;
      }
    }
  }
}

/**
 * The files of a state's records, scope by scope. A collection of which no record is shown has none, save one that was captured
 * empty.
 */
export async function* recordFiles(store: RecordStore, layers: readonly RecordLayer[]): AsyncGenerator<RecordFile> {
  for (const layer of layers) {
    const reader = new RecordReader(store, layer.scope);
    for (const collection of await reader.collections()) {
      const shown = countShown(layer, collection);
      if (shown > 0 || isEmpty(layer, collection)) yield new RecordFile(reader, layer, collection, shown);
    }
  }
}

/** A file of records as an entry of an archive: of the moment of its capture, and its reader's own. */
export function recordEntry({ name, captured }: RecordFile, size: number): TreeEntry {
  const mtimeSec = Math.floor(captured / 1000);
  const mtimeNsec = Math.round((captured - mtimeSec * 1000) * 1e6);
  const nothing = { flags: 0, uid: 0, gid: 0, ctimeSec: 0, ctimeNsec: 0, inode: 0n, device: 0n, xattrs: [] };
  const content = { form: 'none' } as const;
  return { ...nothing, name: utf8(name), type: ENTRY_TYPES.file, mode: 0o600, mtimeSec, mtimeNsec, size, content };
}

/** How many records of a collection a state shows of one capture. */
export function countShown(layer: RecordLayer, { name, records }: RecordCollection): number {
  if (!layer.hidden) return records;
  const isShown = shownIn(layer, name);
  let shown = 0;
  for (let index = 0; index < records; index++) if (isShown(index)) shown++;
  return shown;
}

/** Whether a state shows a collection that was captured empty. */
export function isEmpty({ without }: RecordLayer, { name, records }: RecordCollection): boolean {
  return records === 0 && !without?.(name);
}

/** Which records of a collection a state shows of one capture, by their index. */
export function shownIn({ hidden }: RecordLayer, collection: string): (index: number) => boolean {
  return hidden ? (index) => !hidden(collection, index) : () => true;
}

function onOneLine(json: Uint8Array): Uint8Array {
  if (!json.includes(NEWLINE) && !json.includes(RETURN)) return json;
  const line = asBuffer(json.slice());
  for (let i = 0; i < line.length; i++) if (line[i] === NEWLINE || line[i] === RETURN) line[i] = SPACE;
  return line;
}
