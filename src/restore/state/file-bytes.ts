import { BitacoraError, printable, throwIfAborted } from '../../base/index.js';
import { CHUNK_KINDS, type ContentItem, ENTRY_FLAGS, ENTRY_TYPES, type TreeEntry } from '../../format/index.js';
import type { TreeReader } from '../../snapshot/index.js';
import type { ChunkReader } from '../../store/index.js';

/** Chunks asked for ahead of the one that is handed out: enough to cover a backend's delay. */
const AHEAD = 4;
const ZEROS = new Uint8Array(64 * 1024);

export interface ByteSource {
  readonly tree: TreeReader;
  readonly chunks: ChunkReader;
}

export interface FileBytesOptions {
  readonly signal?: AbortSignal | undefined;
  /** Leaves holes out instead of giving their zeros. */
  readonly dataOnly?: boolean;
}

/**
 * A file's bytes in order, each chunk's id recomputed before it is handed out. Pieces are views that must not be changed
 * and hold until the next one is asked for.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` or `OBJECT_MISSING` at the first byte that cannot be had; `PARTIAL` for a file
 *   whose content the backup never saw.
 */
export async function* fileBytes(
  source: ByteSource,
  entry: TreeEntry,
  options: FileBytesOptions = {},
): AsyncGenerator<Uint8Array> {
  checkContent(entry);
  const under: { readonly item: ContentItem; readonly bytes: Promise<Uint8Array> | undefined }[] = [];
  const items = source.tree.fileItems(entry);
  try {
    for (let more = true; more || under.length > 0; ) {
      while (more && under.length <= AHEAD) {
        const { value: item, done } = await items.next();
        more = !done;
        if (!item) break;
        const bytes = item.id && source.chunks.read(CHUNK_KINDS.data, item.id, `file "${printable(entry.name)}"`);
        // Whoever waits for it gets its error; until then it is nobody's.
        bytes?.catch(() => undefined);
        under.push({ item, bytes });
      }
      const next = under.shift();
      if (!next) break;
      throwIfAborted(options.signal);
      if (next.bytes) yield checkLength(await next.bytes, next.item, entry);
      else if (!options.dataOnly) yield* zeros(next.item.length);
    }
  } finally {
    await Promise.allSettled(under.map(({ bytes }) => bytes));
  }
}

/** Throws where a file's entry does not say what its bytes are. */
export function checkContent(entry: TreeEntry): void {
  const { type, content, flags, size } = entry;
  if (type !== ENTRY_TYPES.file) throw new TypeError('Only files have bytes.');
  if (content.form !== 'none') return;
  const name = printable(entry.name);
  if (flags & ENTRY_FLAGS.unread) {
    throw new BitacoraError('PARTIAL', `The backup could not read "${name}", and knew no earlier state of it.`);
  }
  if (size > 0) throw new BitacoraError('DATA_CORRUPT', `The snapshot says ${size} bytes of "${name}" and names none.`);
}

function checkLength(bytes: Uint8Array, { length }: ContentItem, { name }: TreeEntry): Uint8Array {
  if (bytes.length === length) return bytes;
  const message = `A chunk of "${printable(name)}" has ${bytes.length} bytes, and the tree says ${length}.`;
  throw new BitacoraError('DATA_CORRUPT', message);
}

function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
}
