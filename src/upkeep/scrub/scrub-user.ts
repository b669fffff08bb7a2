import type { BitacoraError, Clock, Logger, ProgressSink } from '../../base/index.js';
import { type Engine, LanePool } from '../../engine/index.js';
import type { CallOptions } from '../../storage/index.js';
import type { UserRepository } from '../../vault/index.js';
import type { UserScrub } from './context.js';
import { Findings } from './findings.js';
import { Pace } from './pace.js';
import { PackQuarantine } from './quarantine.js';
import type { ScrubDue } from './scrub-due.js';
import { scrubLog } from './scrub-log.js';
import { scrubPacks } from './scrub-packs.js';
import { scrubTrees } from './scrub-trees.js';

export interface ScrubUserOptions extends CallOptions {
  readonly engine: Engine;
  /** How much of the packs is read, above 0; 100 and more: all. */
  readonly percent: number;
  /** Reads only what the timetable says is due, slowly, whatever `percent` says. */
  readonly due?: ScrubDue | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly progress: ProgressSink;
}

export interface ScrubbedUser {
  readonly name: string;
  /** Packs read, their bytes, and the chunks in them. */
  readonly packs: number;
  readonly bytes: number;
  readonly chunks: number;
  /** Entries of the log. */
  readonly entries: number;
  readonly problems: readonly BitacoraError[];
  /** Chunks that are damaged and nowhere else. */
  readonly quarantinedChunks: number;
  /** Damaged packs of which everything that is needed was stored again. */
  readonly supersededPacks: number;
}

/** Packs that a worker has before it: one that it reads, and the next. */
const PACKS_PER_LANE = 2;

/** Checks all of one user that is stored: the log, a share of the packs byte for byte, and the trees of all snapshots. */
export async function scrubUser(repository: UserRepository, options: ScrubUserOptions): Promise<ScrubbedUser> {
  const { engine, percent, due, clock, logger, progress, signal } = options;
  const findings = new Findings(repository.uid);
  const pool = new LanePool(engine.lanes, repository.openSecrets, signal);
  // What runs by itself leaves the other workers to those who wait.
  const width = due ? 1 : engine.lanes.length * PACKS_PER_LANE;
  const pace = due && new Pace(clock, due.bytesPerSecond);
  const scrub: UserScrub = { repository, pool, width, pace, findings, clock, logger, progress, signal };
  try {
    const facts = await scrubLog(scrub);
    const quarantine = new PackQuarantine(scrub);
    const { packs, bytes, chunks } = await scrubPacks(scrub, quarantine, facts, { percent, due });
    await scrubTrees(scrub, quarantine);
    // What nobody has must be read again, wherever a snapshot to come would take it over from an older one.
    if (findings.lacking > 0 && !repository.readOnly) await repository.index.setSuspect();
    const quarantinedChunks = await quarantine.tell();
    const { problems, superseded } = findings;
    if (!repository.readOnly) {
      await repository.index.checks.setRound({ time: clock.now(), findings: problems.length });
    }
    const counts = { packs, bytes, chunks, entries: facts.entries };
    return { name: repository.name, ...counts, problems, quarantinedChunks, supersededPacks: superseded };
  } finally {
    await pool.close();
  }
}
