import {
  BitacoraError,
  fromHex,
  isBitacoraError,
  noProgress,
  type ProgressSink,
  throwIfAborted,
  toHex,
} from '../base/index.js';
import { packName, packsPrefix, parseObjectName, uidOf } from '../format/index.js';
import {
  entryObject,
  isDamaged,
  type Judgement,
  LogChain,
  type LogFacts,
  LogFactsReader,
  listEntries,
  missingEntry,
  openEntry,
  readEntries,
  type SealedEntry,
  segmentEntries,
} from '../snapshot/index.js';
import { type PackHead, readPackHead } from '../store/index.js';
import { readAhead } from './ordered.js';
import { type SalvageContext, salvageLog } from './salvage-log.js';

export interface RebuildContext extends SalvageContext {
  readonly readOnly: boolean;
  readonly progress?: ProgressSink | undefined;
}

export interface RebuildResult {
  readonly packs: number;
  readonly chunks: number;
  readonly entries: number;
  /**
   * Log entries and packs that are damaged (`DATA_CORRUPT`), packs that seem newer (`FORMAT_NEWER`), and what others name and nobody
   * has (`OBJECT_MISSING`).
   */
  readonly problems: readonly BitacoraError[];
  /** Those of them that are log entries. */
  readonly logProblems: readonly BitacoraError[];
}

const READS_AT_ONCE = 8;
const ENTRIES_A_BATCH = 500;
const BYTES_A_BATCH = 8 * 2 ** 20;

/** What the log is and says. */
interface ReplayedLog extends LogFacts {
  readonly judgement: Judgement;
  /** What is wrong with entries. */
  readonly problems: BitacoraError[];
}

/**
 * Makes a user's index anew from the backend alone: the whole log, and of each pack header, footer and trailer. What is damaged or
 * missing is reported and the rest goes on. Memory grows by a name a pack, not with chunks. Killed half-way, it leaves an index that
 * says that it is not complete.
 *
 * @throws {BitacoraError} `FORMAT_NEWER`; `CANCELLED`; the backend's errors where it could not be asked: then the index stays
 *   incomplete.
 */
export async function rebuildUser(context: RebuildContext): Promise<RebuildResult> {
  const { index } = context;
  // A log that is broken on the backend may be whole in the index: that copy goes back before it goes.
  if (!context.readOnly) await salvageLog(context);
  await index.clear();
  const facts = await replayLog(context);
  const packProblems = await addAllPacks(context, facts);
  const named = [...facts.named].map((hash) => new Uint8Array(Buffer.from(hash, 'hex')));
  await index.applyEntries({
    entries: [],
    covers: facts.judgement.covered,
    heads: facts.judgement.heads.map(({ name }) => name),
    packs: named,
    quarantine: facts.quarantine,
    gaps: facts.judgement.gaps,
  });
  await index.setComplete(packProblems.length > 0);
  const { packs, chunks, entries } = index.mark;
  return { packs, chunks, entries, problems: [...facts.problems, ...packProblems], logProblems: facts.problems };
}

/** Enters all entries before they are judged as a chain: until then the index is not complete. */
async function replayLog(context: RebuildContext): Promise<ReplayedLog> {
  const { backend, index, keys, signal } = context;
  const chain = new LogChain((name) => entryObject(keys, name));
  const reader = new LogFactsReader(keys);
  const damaged = new Map<string, BitacoraError>();
  let batch: SealedEntry[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    throwIfAborted(signal);
    const entries = batch.map(({ name, sealed, entry }) => ({ ...name, sealed, segment: entry.kind === 'segment' }));
    await index.applyEntries({ entries, heads: [], packs: [] });
    batch = [];
    bytes = 0;
  };
  for await (const named of readEntries({ backend, keys, signal }, listEntries(backend, keys, { signal }))) {
    const damage = isDamaged(named) ? named.damage : outOfPlace(chain, reader, named);
    if (damage || isDamaged(named)) {
      damaged.set(toHex(named.name.hash), damage!);
      continue;
    }
    batch.push(named);
    bytes += named.sealed.length;
    if (batch.length >= ENTRIES_A_BATCH || bytes >= BYTES_A_BATCH) await flush();
  }
  await flush();
  const judgement = chain.finish();
  const facts = reader.finish(judgement.covers);
  await addInside(context, facts);
  return { ...facts, judgement, problems: logProblems(context, judgement, damaged) };
}

/** Enters what lies in segments, one after another, once it is known which of them hold. */
async function addInside({ index, keys, signal }: RebuildContext, { segments }: LogFacts): Promise<void> {
  for await (const { seq, hash, segment } of index.entryObjects()) {
    throwIfAborted(signal);
    if (!segment || !segments.has(toHex(hash))) continue;
    const sealed = await index.entry({ seq, hash });
    const entry = openEntry(keys, { seq, hash }, sealed ?? new Uint8Array(0));
    if (entry.kind !== 'segment') continue;
    await index.applyEntries({ entries: [], inside: segmentEntries(entry.body), heads: [], packs: [] });
  }
}

/** Damaged entries that no checkpoint stands for, and missing ones that are not just damaged. */
function logProblems(
  { keys }: RebuildContext,
  { covers, gaps }: Judgement,
  damaged: ReadonlyMap<string, BitacoraError>,
): BitacoraError[] {
  const damages = [...damaged].filter(([hash]) => !covers(fromHex(hash))).map(([, damage]) => damage);
  const lost = gaps.filter(({ missing }) => !damaged.has(toHex(missing)));
  return [...damages, ...lost.map((gap) => missingEntry(keys, gap))];
}

function outOfPlace(chain: LogChain, reader: LogFactsReader, named: SealedEntry): BitacoraError | undefined {
  try {
    reader.add(named);
    chain.add(named);
    return undefined;
  } catch (error) {
    reader.remove(named.name);
    if (isBitacoraError(error, 'DATA_CORRUPT')) return error;
    throw error;
  }
}

interface ListedPack {
  readonly hash: Uint8Array;
  readonly length: number;
}

async function addAllPacks(context: RebuildContext, facts: ReplayedLog): Promise<BitacoraError[]> {
  const { index, keys, signal, progress = noProgress } = context;
  const problems: BitacoraError[] = [];
  const missing = new Set(facts.named);
  let files = 0;
  let bytes = 0;
  const read = async ({ hash, length }: ListedPack) => ({ hash, length, head: await tryRead(context, hash, length) });
  for await (const { hash, length, head } of readAhead(listPacks(context, facts), READS_AT_ONCE, read)) {
    throwIfAborted(signal);
    missing.delete(toHex(hash));
    if (head instanceof BitacoraError) problems.push(head);
    else await index.addPack(hash, head.sealedHead, head.footer);
    files++;
    bytes += length;
    progress({ phase: 'rebuild-index', files, bytes });
  }
  for (const hash of missing) {
    if (facts.buried.has(hash)) continue;
    problems.push(missingPack(packName(uidOf(keys.uid), Buffer.from(hash, 'hex'))));
  }
  return problems;
}

/**
 * In the order in which the log names them, behind those that it does not name: of a chunk that was damaged and stored again the
 * newer place holds, as it did before the index was lost.
 */
async function* listPacks({ backend, keys, signal }: RebuildContext, facts: ReplayedLog): AsyncGenerator<ListedPack> {
  const lengths = new Map<string, number>();
  for await (const { name, length } of backend.list(packsPrefix(uidOf(keys.uid)), { signal })) {
    const parsed = parseObjectName(name);
    if (parsed?.type !== 'pack' || facts.buried.has(toHex(parsed.hash))) continue;
    const hex = toHex(parsed.hash);
    if (facts.named.has(hex)) lengths.set(hex, length);
    else yield { hash: parsed.hash, length };
  }
  for (const hex of facts.named) {
    const length = lengths.get(hex);
    if (length !== undefined) yield { hash: new Uint8Array(Buffer.from(hex, 'hex')), length };
  }
}

/** What is wrong with the pack itself is a finding; that it could not be read at all is not. */
async function tryRead(context: RebuildContext, hash: Uint8Array, length: number): Promise<PackHead | BitacoraError> {
  const { backend, keys, signal } = context;
  try {
    return await readPackHead(backend, keys, hash, length, { signal });
  } catch (error) {
    if (error instanceof BitacoraError && isFinding(error)) return error;
    throw error;
  }
}

/** Whether an error is about one pack. One that seems newer may be damaged in its format byte: it costs its own chunks only. */
export function isFinding({ code }: BitacoraError): boolean {
  return code === 'DATA_CORRUPT' || code === 'OBJECT_MISSING' || code === 'FORMAT_NEWER';
}

export function missingPack(object: string): BitacoraError {
  return new BitacoraError(
    'OBJECT_MISSING',
    `The pack "${object}" is missing, and a snapshot needs it. Restore it from a copy of the vault, or back up again.`,
    { details: { object } },
  );
}
