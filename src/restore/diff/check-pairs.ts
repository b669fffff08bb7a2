import type { CheckResult, LanePool } from '../../engine/index.js';
import { ENTRY_TYPES, type TreeEntry } from '../../format/index.js';
import type { TreeReader } from '../../snapshot/index.js';
import { CheckBatch } from '../check-batch.js';
import type { Difference } from './compare-entries.js';
import type { Pair } from './diff-trees.js';
import type { DiskNode } from './disk-side.js';
import type { SnapshotNode } from './side.js';

type DiskPair = Pair<SnapshotNode, DiskNode>;

/** Pairs and bytes that are gathered before their files are read. */
const PAIRS_MOST = 1024;
const BYTES_MOST = 256 * 2 ** 20;
/** Bytes of files that one worker reads in a call, so that several have something to do. */
const CALL_BYTES = 8 * 2 ** 20;

export interface Checking {
  readonly tree: TreeReader;
  readonly pool: LanePool;
  readonly rootFd: number;
  /** Told of a file that could not be read; it is left out. */
  readonly onProblem: (path: Uint8Array, code: string, message: string) => void;
}

/** Whether two things are files of equal size, of which only the bytes tell whether they are the same. */
export function isSuspect(before: TreeEntry, after: TreeEntry): boolean {
  const files = before.type === ENTRY_TYPES.file && after.type === ENTRY_TYPES.file;
  return files && before.size === after.size && before.content.form !== 'none';
}

/** Reads the suspects among the pairs, adds `content` where their bytes differ, and leaves out those that are the same. */
export async function* checkPairs(pairs: AsyncIterable<DiskPair>, checking: Checking): AsyncGenerator<DiskPair> {
  let gathered: DiskPair[] = [];
  let bytes = 0;
  for await (const pair of pairs) {
    gathered.push(pair);
    if (suspectOf(pair)) bytes += pair.before!.entry.size;
    if (gathered.length < PAIRS_MOST && bytes < BYTES_MOST) continue;
    yield* judged(gathered, checking);
    gathered = [];
    bytes = 0;
  }
  yield* judged(gathered, checking);
}

function suspectOf({ before, after }: DiskPair): boolean {
  return before !== undefined && after?.folder !== undefined && isSuspect(before.entry, after.entry);
}

async function* judged(pairs: readonly DiskPair[], checking: Checking): AsyncGenerator<DiskPair> {
  const verdicts = await readSuspects(pairs, checking);
  for (const pair of pairs) {
    const verdict = verdicts.get(pair);
    if (verdict && verdict.code !== 'DATA_CORRUPT') checking.onProblem(pair.path, verdict.code, verdict.message);
    const what: readonly Difference[] = verdict?.code === 'DATA_CORRUPT' ? ['content', ...pair.what] : pair.what;
    if (!pair.before || !pair.after || what.length > 0) yield { ...pair, what };
  }
}

/** What is wrong with each file: its bytes (`DATA_CORRUPT`), or that it cannot be read (another code). */
async function readSuspects(
  pairs: readonly DiskPair[],
  { tree, pool, rootFd }: Checking,
): Promise<Map<DiskPair, { readonly code: string; readonly message: string }>> {
  const verdicts = new Map<DiskPair, { readonly code: string; readonly message: string }>();
  const running: Promise<void>[] = [];
  let batch = new CheckBatch();
  let members: DiskPair[] = [];
  let bytes = 0;
  const send = (): void => {
    const [sent, its] = [batch, members];
    [batch, members, bytes] = [new CheckBatch(), [], 0];
    if (its.length === 0) return;
    const run = pool.run<CheckResult>('open.check', () => ({ payload: sent.call(rootFd) }));
    running.push(
      run.then(({ failures }) => {
        for (const { file, code, message } of failures) verdicts.set(its[file]!, { code, message });
      }),
    );
  };
  const begin = (pair: DiskPair): void => {
    batch.add(pair.after!.folder!, pair.before!.entry);
    members.push(pair);
  };
  try {
    for (const pair of pairs) {
      if (!suspectOf(pair)) continue;
      begin(pair);
      let offset = 0;
      for await (const { length, id } of tree.fileItems(pair.before!.entry)) {
        if (batch.full || bytes >= CALL_BYTES) {
          send();
          // A big file goes on in the next call.
          begin(pair);
        }
        batch.addItem(offset, length, id);
        offset += length;
        bytes += length;
      }
      if (batch.full || bytes >= CALL_BYTES) send();
    }
    send();
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
  }
  return verdicts;
}
