import { type BitacoraError, toHex } from '../../base/index.js';
import { LanePool } from '../../engine/index.js';
import { parseObjectName } from '../../format/index.js';
import type { UserRepository } from '../../vault/index.js';
import { Findings } from './findings.js';
import { PackQuarantine } from './quarantine.js';
import { scrubPack } from './scrub-packs.js';
import type { ScrubUserOptions } from './scrub-user.js';

/**
 * Checks packs that were found wanting while something was read from them. What is damaged is in quarantine when this resolves, so
 * that the next backup stores it again.
 *
 * @param objects - Names of objects; those that are no packs are passed over.
 * @returns what is damaged.
 * @throws {BitacoraError} `CANCELLED`; the backend's errors where it could not be asked or written.
 */
export async function checkPacks(
  repository: UserRepository,
  objects: readonly string[],
  { engine, clock, logger, progress, signal }: Omit<ScrubUserOptions, 'percent'>,
): Promise<readonly BitacoraError[]> {
  const findings = new Findings(repository.uid);
  const pool = new LanePool(engine.lanes, repository.openSecrets, signal);
  const scrub = { repository, pool, width: 1, pace: undefined, findings, clock, logger, progress, signal };
  const quarantine = new PackQuarantine(scrub);
  try {
    for (const object of objects) {
      const parsed = parseObjectName(object);
      if (parsed?.type === 'pack') await scrubPack(scrub, quarantine, toHex(parsed.hash));
    }
    return findings.problems;
  } finally {
    await pool.close();
  }
}
