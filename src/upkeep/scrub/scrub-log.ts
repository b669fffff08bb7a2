import { BitacoraError, isBitacoraError, toHex } from '../../base/index.js';
import {
  entryObject,
  isDamaged,
  LogChain,
  LogFactsReader,
  listEntries,
  missingEntry,
  readEntries,
} from '../../snapshot/index.js';
import { salvageLog } from '../../vault/index.js';
import type { UserScrub } from './context.js';

/** What the log on the backend says of packs, by hash in hex. */
export interface LogFacts {
  readonly entries: number;
  /** Packs that snapshots name. */
  readonly named: ReadonlySet<string>;
  /** Packs that count as gone. */
  readonly tombstoned: ReadonlySet<string>;
}

/** Reads every entry of the log, opens it and judges the chain. What the index still has of it is put back. */
export async function scrubLog(scrub: UserScrub): Promise<LogFacts> {
  const { repository, findings, logger, signal } = scrub;
  const { backend, keys, index, readOnly } = repository;
  const chain = new LogChain((name) => entryObject(keys, name));
  const reader = new LogFactsReader(keys);
  const damaged = new Map<string, BitacoraError>();
  let entries = 0;
  for await (const found of readEntries({ backend, keys, signal }, listEntries(backend, keys, { signal }))) {
    entries++;
    const damage = isDamaged(found) ? found.damage : outOfPlace(chain, reader, found);
    if (damage) damaged.set(toHex(found.name.hash), damage);
  }
  const { gaps, covers } = chain.finish();
  const problems = [...damaged].filter(([hash]) => !covers(Buffer.from(hash, 'hex'))).map(([, damage]) => damage);
  for (const gap of gaps) if (!damaged.has(toHex(gap.missing))) problems.push(missingEntry(keys, gap));
  const salvage = problems.length > 0 && !readOnly;
  const putBack = new Set(salvage ? await salvageLog({ backend, index, keys, logger, signal }) : []);
  for (const problem of problems) findings.add(repaired(problem, putBack));
  const { named, buried } = reader.finish(covers);
  return { entries, named, tombstoned: buried };
}

function outOfPlace(
  chain: LogChain,
  reader: LogFactsReader,
  named: Parameters<LogChain['add']>[0],
): BitacoraError | undefined {
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

/** A missing entry is named by its hash alone, a damaged one by its whole name. */
function repaired(problem: BitacoraError, putBack: ReadonlySet<string>): BitacoraError {
  const object = String(problem.details.object);
  if (![...putBack].some((name) => name.endsWith(object))) return problem;
  return new BitacoraError(problem.code, `${problem.message} It was put back from the index's copy.`, {
    details: { ...problem.details, repaired: true },
  });
}
