import { fnv1a } from '../../format/index.js';

/** A run of records ends once it has so many bytes, at a record that its bytes choose: so runs are equal again behind a change. */
const RUN_BYTES_LEAST = 512 * 1024;
/** The longest run, save of one record that is longer. */
export const RUN_BYTES_MOST = 2 * 2 ** 20;
const CHOSEN_MASK = 15;
const CHOSEN_BY_BYTES = 64;

/** Whether a run that has so many bytes of records and of rows ends before the record at [start, end). */
export function runEnds(runBytes: number, rowBytes: number, json: Uint8Array, start: number, end: number): boolean {
  if (rowBytes > RUN_BYTES_MOST) return true;
  if (runBytes < RUN_BYTES_LEAST) return false;
  if (runBytes + end - start > RUN_BYTES_MOST) return true;
  return (fnv1a(json.subarray(Math.max(start, end - CHOSEN_BY_BYTES), end)) & CHOSEN_MASK) === 0;
}
