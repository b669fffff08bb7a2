import { constants } from 'node:fs';
import { BitacoraError, toHex } from '../base/index.js';
import type { FileProblem, PreparedCall, RangeResult } from '../engine/index.js';
import { closeFd, FileStat, openFileAt, statFd, unlinkAt } from '../posix/index.js';
import type { LocatedChunks } from '../store/index.js';
import { type PlannedRange, planRanges, type RangePlan } from './plan-ranges.js';
import { type BuiltCall, buildFilesCall, buildRangeCall } from './range-call.js';
import { isItemError } from './report.js';
import { rootFd, type Site } from './site.js';
import type { FileTask, Window } from './window.js';

/** Files made or finished by one call that reads nothing. */
const FILES_PER_CALL = 512;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
const stat = new FileStat();

/** Brings the bytes of a window's files to disk, in the order in which the packs hold them. */
export async function writeContents(site: Site, window: Window): Promise<void> {
  const located = await site.options.source.chunks.locate(window.ids);
  failUnlocated(site, window, located);
  const plan = planRanges(located);
  countRanges(window, plan);
  const bare: FileTask[] = [];
  for (const task of window.files) {
    if (task.failed) continue;
    if (task.spread || task.ranges > 1) makeAhead(site, task);
    else if (task.ranges === 0 && !task.identity) bare.push(task);
  }
  const calls = plan.ranges.map((range) => restoreRange(site, window, located, plan, range));
  await settleAll([...calls, ...filesCalls(site, bare)]);
}

/** Sets the metadata of files that were written in parts and end in this window. */
export async function finishContents(site: Site, window: Window): Promise<void> {
  const parts = window.files.filter((task) => task.identity && task.last === window && !task.failed);
  await settleAll(filesCalls(site, parts));
}

/** Waits for all, also when some fail, so that nothing still writes when the caller goes on; then throws the first error. */
async function settleAll(calls: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(calls)).find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

function failUnlocated(site: Site, window: Window, located: LocatedChunks): void {
  for (let chunk = 0; chunk < window.chunks; chunk++) {
    const pack = located.pack[chunk]!;
    const head = located.packs[pack];
    if (head && located.frame[chunk]! < head.footer.frameCount) continue;
    const task = window.fileOf(chunk);
    if (task.failed) continue;
    const id = toHex(window.ids.subarray(chunk * 32, chunk * 32 + 32));
    const missing = `Chunk ${id}, which the file needs, is in no pack that is known.`;
    const misplaced = `Chunk ${id} is not where the index says.`;
    const error =
      located.unusable.get(pack) ??
      (pack < 0 ? new BitacoraError('OBJECT_MISSING', missing) : new BitacoraError('DATA_CORRUPT', misplaced));
    failTask(site, task, error.code, error.message);
  }
}

function countRanges(window: Window, plan: RangePlan): void {
  for (const task of window.files) {
    task.ranges = 0;
    task.lastRange = -1;
  }
  for (const [number, range] of plan.ranges.entries()) {
    for (let i = range.from; i < range.to; i++) {
      const task = window.fileOf(plan.order[i]!);
      if (task.lastRange === number) continue;
      task.lastRange = number;
      task.ranges++;
    }
  }
}

/** Makes a file whose bytes come from several ranges; from then on only this very file is written to. */
export function makeAhead(site: Site, task: FileTask): void {
  if (task.identity) return;
  try {
    const fd = openFileAt(site.handles.fd(task.folder), task.entry.name, CREATE, 0o600);
    try {
      statFd(fd, stat);
      task.identity = { inode: stat.ino, device: stat.dev };
    } finally {
      closeFd(fd);
    }
  } catch (error) {
    if (!isItemError(error)) throw error;
    failTaskWith(site, task, error);
  }
}

function restoreRange(
  site: Site,
  window: Window,
  located: LocatedChunks,
  plan: RangePlan,
  range: PlannedRange,
): Promise<void> {
  const pack = located.packs[range.pack]!;
  const { backend } = site.options.source;
  return runCall(
    site,
    () => buildRangeCall(rootFd(site), window, located, plan, range),
    async ({ call }) => {
      const path = backend.localPath(pack.object);
      if (path !== undefined) return { payload: { ...call, source: { path } }, transfer: buffersOf(call) };
      const bytes = await backend.getRange(pack.object, range.offset, range.length);
      const whole = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
      const transfer = whole ? [...buffersOf(call), bytes.buffer] : buffersOf(call);
      return { payload: { ...call, source: { bytes } }, transfer };
    },
    pack.object,
  );
}

function* slices<T>(items: readonly T[], length: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += length) yield items.slice(at, at + length);
}

function filesCalls(site: Site, tasks: readonly FileTask[]): Promise<void>[] {
  return [...slices(tasks, FILES_PER_CALL)].map((part) =>
    runCall(
      site,
      () => buildFilesCall(rootFd(site), part),
      async ({ call }) => ({ payload: { ...call, source: undefined }, transfer: buffersOf(call) }),
    ),
  );
}

/** What a call is made of lies in memory of its own, and changes hands instead of being copied. */
function buffersOf({ frames, wants, ids, destinations, files }: BuiltCall['call']): ArrayBuffer[] {
  const arrays = [frames, wants, ids, destinations, files.bytes, files.directories];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}

async function runCall(
  site: Site,
  build: () => BuiltCall,
  prepare: (built: BuiltCall) => Promise<PreparedCall>,
  object?: string,
): Promise<void> {
  let built: BuiltCall | undefined;
  try {
    const result = await site.pool.run<RangeResult>('open.range', () => {
      built = build();
      return prepare(built);
    });
    settle(site, built!, result, object);
  } catch (error) {
    if (!built || !isItemError(error)) throw error;
    for (const task of built.tasks) failTaskWith(site, task, error);
    if (error instanceof BitacoraError) site.report.damaged(error.code, object);
  }
}

/** @param object - The pack that the bytes come from. */
function settle(site: Site, { tasks }: BuiltCall, result: RangeResult, object: string | undefined): void {
  site.report.bytesWritten += result.bytesWritten;
  for (const { file, code, message } of result.failures) {
    failTask(site, tasks[file]!, code, message);
    site.report.damaged(code, object);
  }
  for (const { file, code, message } of result.warnings) warnTask(site, tasks[file]!, { file, code, message });
}

function warnTask(site: Site, task: FileTask, { code, message }: FileProblem): void {
  site.report.warn(task.directory.path(task.entry.name), code, message);
}

export function failTaskWith(site: Site, task: FileTask, error: Error): void {
  const code = error instanceof BitacoraError ? error.code : ((error as NodeJS.ErrnoException).code ?? 'INTERNAL');
  failTask(site, task, code, error.message);
}

/** Notes that a file is not restored, and takes away what is there of it. */
export function failTask(site: Site, task: FileTask, code: string, message: string): void {
  if (task.failed) return;
  task.failed = true;
  site.report.fail(task.directory.path(task.entry.name), code, message);
  try {
    unlinkAt(site.handles.fd(task.folder), task.entry.name);
  } catch {
    // It was never made, or the worker has removed it.
  }
}
