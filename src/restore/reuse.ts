import { isBitacoraError } from '../base/index.js';
import { REUSE_FIELDS, type ReuseResult } from '../engine/index.js';
import type { ContentItem, TreeEntry } from '../format/index.js';
import { failTask, failTaskWith, makeAhead } from './content.js';
import type { Folder } from './folders.js';
import type { Pipeline } from './pipeline.js';
import { isItemError } from './report.js';
import { checkSignal, rootFd, type Site } from './site.js';
import type { FileTask } from './window.js';

const ID_BYTES = 32;
/** Chunks asked for in one call: about 64 MiB of a file. */
const ITEMS_PER_CALL = 1024;

/** A file in the place of the one to be restored. It is only read, and stays until the new one takes its name. */
export interface OldFile {
  readonly folder: Folder;
  readonly inode: bigint;
  readonly device: number;
}

/** Whether a file is worth being compared with what lies in its place: one of a single chunk is as quickly fetched. */
export function isInParts({ content }: TreeEntry): boolean {
  return content.form === 'list' || content.form === 'items';
}

interface PlacedItem {
  readonly offset: number;
  readonly length: number;
  readonly id: Uint8Array;
}

/**
 * Builds a file beside the one that lies in its place: chunks that are equal come from there, checked by their ids, and only
 * the others are planned to be fetched. The task must have been pushed to the window.
 */
export async function restoreOver(site: Site, pipeline: Pipeline, task: FileTask, old: OldFile): Promise<void> {
  makeAhead(site, task);
  try {
    let offset = 0;
    let batch: PlacedItem[] = [];
    for await (const item of site.tree.fileItems(task.entry)) {
      if (task.failed) break;
      if (item.id) batch.push({ offset, length: item.length, id: item.id.slice() });
      else task.sparse = true;
      offset += item.length;
      if (batch.length < ITEMS_PER_CALL) continue;
      await takeOrPlan(site, pipeline, task, old, batch);
      batch = [];
    }
    if (!task.failed) await takeOrPlan(site, pipeline, task, old, batch);
  } catch (error) {
    if (pipeline.failed || !isItemError(error)) throw error;
    if (isBitacoraError(error)) failTask(site, task, error.code, error.message);
    else failTaskWith(site, task, error);
  }
  task.last = pipeline.window;
  if (pipeline.window.full) await pipeline.rotate();
}

async function takeOrPlan(
  site: Site,
  pipeline: Pipeline,
  task: FileTask,
  old: OldFile,
  batch: readonly PlacedItem[],
): Promise<void> {
  if (batch.length === 0) return;
  checkSignal(site);
  const { taken, bytes } = await site.pool.run<ReuseResult>('open.reuse', () => ({
    payload: callOf(site, task, old, batch),
  }));
  site.report.bytesReused += bytes;
  site.report.bytesWritten += bytes;
  for (const [i, item] of batch.entries()) if (taken[i] === 0) await plan(pipeline, task, item, item.offset);
}

async function plan(pipeline: Pipeline, task: FileTask, item: ContentItem, offset: number): Promise<void> {
  if (pipeline.window.full) {
    task.spread = true;
    await pipeline.rotate();
    pipeline.window.files.push(task);
  }
  pipeline.window.addItem(item, offset);
}

function callOf(site: Site, task: FileTask, old: OldFile, batch: readonly PlacedItem[]): object {
  const items = new Float64Array(batch.length * REUSE_FIELDS.count);
  const ids = new Uint8Array(batch.length * ID_BYTES);
  for (const [i, { offset, length, id }] of batch.entries()) {
    items[i * REUSE_FIELDS.count + REUSE_FIELDS.offset] = offset;
    items[i * REUSE_FIELDS.count + REUSE_FIELDS.length] = length;
    ids.set(id, i * ID_BYTES);
  }
  const name = task.entry.name.slice();
  const from = { directory: old.folder.path(), name, inode: old.inode, device: old.device };
  const to = { directory: task.folder.path(), name, ...task.identity! };
  return { root: rootFd(site), from, to, sparse: task.sparse, items, ids };
}
