import { utf8 } from '../../base/index.js';
import type { TreeEntry } from '../../format/index.js';
import type { TreeReader } from '../../snapshot/index.js';
import { TAR_BLOCK } from './tar-block.js';

/** A stretch of data in a file with holes. */
interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** What a sparse file's header must say before any of it is read. */
export interface SparseFigures {
  readonly extents: number;
  readonly dataBytes: number;
  /** Bytes of the map's text, padding not counted. */
  readonly mapBytes: number;
}

/** Undefined for a file without holes. The file's lists are gone through, none of its data. */
export async function sparseFigures(tree: TreeReader, entry: TreeEntry): Promise<SparseFigures | undefined> {
  if (entry.content.form !== 'items' && entry.content.form !== 'list') return undefined;
  let count = 0;
  let dataBytes = 0;
  let textBytes = 0;
  for await (const extent of extentsOf(tree, entry)) {
    count++;
    dataBytes += extent.length;
    textBytes += extentText(extent).length;
  }
  if (dataBytes === entry.size) return undefined;
  return { extents: count, dataBytes, mapBytes: `${count}\n`.length + textBytes };
}

/** The map in GNU's format 1.0, in front of the data: decimal numbers a line each, filled up to a block. */
export async function* sparseMap(
  tree: TreeReader,
  entry: TreeEntry,
  figures: SparseFigures,
): AsyncGenerator<Uint8Array> {
  yield utf8(`${figures.extents}\n`);
  for await (const extent of extentsOf(tree, entry)) yield utf8(extentText(extent));
  yield new Uint8Array(sparseMapBytes(figures) - figures.mapBytes);
}

/** Bytes of the map with its padding. */
export function sparseMapBytes({ mapBytes }: SparseFigures): number {
  return Math.ceil(mapBytes / TAR_BLOCK) * TAR_BLOCK;
}

function extentText({ offset, length }: Extent): string {
  return `${offset}\n${length}\n`;
}

/** Neighbouring chunks joined. A hole at the end is told by an empty stretch there. */
async function* extentsOf(tree: TreeReader, entry: TreeEntry): AsyncGenerator<Extent> {
  let at = 0;
  let start = 0;
  for await (const { length, id } of tree.fileItems(entry)) {
    if (!id) {
      if (at > start) yield { offset: start, length: at - start };
      start = at + length;
    }
    at += length;
  }
  yield { offset: start, length: at - start };
}
