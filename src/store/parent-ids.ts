import { ID_BYTES } from '../format/index.js';

/** Ids that a file had in the parent snapshot: those are stored, whatever the index says. */
export type ParentIds = Uint8Array | undefined;

/** Whether the packed ids of the parent's file hold chunk `i`. */
export function holds(parent: ParentIds, ids: Uint8Array, i: number): boolean {
  if (!parent) return false;
  const id = Buffer.from(ids.buffer, ids.byteOffset + i * ID_BYTES, ID_BYTES);
  for (let at = 0; at < parent.length; at += ID_BYTES) {
    if (id.compare(parent, at, at + ID_BYTES) === 0) return true;
  }
  return false;
}
