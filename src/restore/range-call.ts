import {
  DESTINATION_FIELDS,
  FILE_MODES,
  FileBatch,
  type FileMode,
  FRAME_FIELDS,
  type RangeCall,
  WANT_FIELDS,
} from '../engine/index.js';
import type { LocatedChunks } from '../store/index.js';
import type { PlannedRange, RangePlan } from './plan-ranges.js';
import type { FileTask, Window } from './window.js';

const ID_BYTES = 32;

/** A call without its session and source, and the files it speaks of, by their numbers in it. */
export interface BuiltCall {
  readonly call: Omit<RangeCall, 'session' | 'source'>;
  readonly tasks: readonly FileTask[];
}

let calls = 0;

/** Gives the files of one call their numbers. */
class CallFiles {
  readonly tasks: FileTask[] = [];
  readonly #batch = new FileBatch();
  readonly #number = ++calls;

  slot(task: FileTask, mode: FileMode): number {
    if (task.slotCall === this.#number) return task.slot;
    const { entry, owner, permissions, sparse, identity, folder } = task;
    const { name, size, mtimeSec, mtimeNsec, xattrs } = entry;
    const file = { mode, name, size, sparse, permissions, owner, mtimeSec, mtimeNsec, xattrs, identity };
    task.slotCall = this.#number;
    task.slot = this.#batch.add(file, folder.current(), () => folder.path());
    this.tasks.push(task);
    return task.slot;
  }

  finish() {
    return this.#batch.finish();
  }
}

/** Puts together what a worker needs to restore from one range. Chunks of files that failed already are left out. */
export function buildRangeCall(
  root: number,
  window: Window,
  located: LocatedChunks,
  plan: RangePlan,
  range: PlannedRange,
): BuiltCall {
  const { footer, header, label } = located.packs[range.pack]!;
  const most = range.to - range.from;
  const frames: number[] = [];
  const wants = new Uint32Array(most * WANT_FIELDS.count);
  const ids = new Uint8Array(most * ID_BYTES);
  const destinations = new Float64Array(most * DESTINATION_FIELDS.count);
  const files = new CallFiles();
  let wanted = 0;
  let written = 0;
  let previous = -1;
  let frame = -1;
  for (let i = range.from; i < range.to; i++) {
    const chunk = plan.order[i]!;
    const task = window.fileOf(chunk);
    if (task.failed) continue;
    if (frame !== located.frame[chunk]) {
      frame = located.frame[chunk]!;
      frames.push(frame, footer.offsets[frame]!, footer.sealedLengths[frame]!);
    }
    if (previous < 0 || !sameChunk(window, located, previous, chunk)) {
      const at = wanted * WANT_FIELDS.count;
      wants[at + WANT_FIELDS.frame] = frames.length / FRAME_FIELDS.count - 1;
      wants[at + WANT_FIELDS.position] = located.position[chunk]!;
      ids.set(window.ids.subarray(chunk * ID_BYTES, (chunk + 1) * ID_BYTES), wanted * ID_BYTES);
      wanted++;
    }
    previous = chunk;
    wants[(wanted - 1) * WANT_FIELDS.count + WANT_FIELDS.destinations]!++;
    const at = written * DESTINATION_FIELDS.count;
    destinations[at + DESTINATION_FIELDS.file] = files.slot(task, task.identity ? FILE_MODES.part : FILE_MODES.whole);
    destinations[at + DESTINATION_FIELDS.offset] = window.offsetOf(chunk);
    destinations[at + DESTINATION_FIELDS.length] = window.lengthOf(chunk);
    written++;
  }
  const call = {
    root,
    pack: label,
    header,
    offset: range.offset,
    length: range.length,
    frames: Float64Array.from(frames),
    wants: wants.slice(0, wanted * WANT_FIELDS.count),
    ids: ids.slice(0, wanted * ID_BYTES),
    destinations: destinations.slice(0, written * DESTINATION_FIELDS.count),
    files: files.finish(),
  };
  return { call, tasks: files.tasks };
}

/** Files whose bytes need no pack: those without any to make, and those written in parts to finish. */
export function buildFilesCall(root: number, tasks: readonly FileTask[]): BuiltCall {
  const files = new CallFiles();
  for (const task of tasks) files.slot(task, task.identity ? FILE_MODES.finish : FILE_MODES.whole);
  const call = {
    root,
    pack: '',
    header: new Uint8Array(0),
    offset: 0,
    length: 0,
    frames: new Float64Array(0),
    wants: new Uint32Array(0),
    ids: new Uint8Array(0),
    destinations: new Float64Array(0),
    files: files.finish(),
  };
  return { call, tasks: files.tasks };
}

function sameChunk(window: Window, located: LocatedChunks, a: number, b: number): boolean {
  if (located.frame[a] !== located.frame[b] || located.position[a] !== located.position[b]) return false;
  for (let i = 0; i < ID_BYTES; i++) if (window.ids[a * ID_BYTES + i] !== window.ids[b * ID_BYTES + i]) return false;
  return true;
}
