import { BitacoraError, isBitacoraError } from '../base/index.js';
import { prune, retain } from '../upkeep/index.js';
import { freeSpace, type UserRepository } from '../vault/index.js';
import type { OperationContext } from './operation.js';
import { retainOptions } from './retain-after.js';

/** JSON shrinks to about this part of itself; what comes must not be refused for what it would not take. */
const SHRINKS_TO = 0.25;
/** Retention and prune of everybody for want of space, at most so often. */
const RELIEF_EVERY_MS = 600_000;

const relieved = new WeakMap<object, number>();

/**
 * Whether there is room for a snapshot, before it begins: in the user's quota, in the vault's size, on its disk. Where there is none,
 * retention and prune run first. What was estimated too low is refused as it comes.
 *
 * @returns warnings of limits that come near.
 * @throws {BitacoraError} `NO_SPACE`.
 */
export async function checkRoom(context: OperationContext, repository: UserRepository): Promise<string[]> {
  const { settings, vault, signal } = context;
  const { vaultBytesMax, userBytesMax, warningShare } = settings.space;
  vault.stored.setLimits({ vaultBytesMax, userBytesMax });
  const expected = await expectedBytes(context, repository);
  const space = await freeSpace(vault.path);
  if (space && space.freeBytes < expected) {
    throw full('The vault’s file system has too little room', space.freeBytes, expected);
  }
  const limits = [
    {
      what: `the quota of "${repository.name}"`,
      max: userBytesMax,
      stored: () => vault.stored.ofUser(repository.uid, { signal }),
    },
    { what: 'the size of the vault', max: vaultBytesMax, stored: () => vault.stored.total({ signal }) },
  ];
  const warnings: string[] = [];
  for (const { what, max, stored } of limits) {
    if (max === undefined) continue;
    let bytes = await stored();
    if (bytes + expected > max && (await relieve(context, repository))) bytes = await stored();
    if (bytes + expected > max) throw full(`${capital(what)} does not allow more`, max - bytes, expected);
    if (bytes >= max * warningShare) {
      warnings.push(`${Math.floor((100 * bytes) / max)} % of ${what} is used: ${bytes} of ${max} bytes.`);
    }
  }
  return warnings;
}

/** From what the newest snapshot added, unless that was the first, and from the records at hand. */
async function expectedBytes({ records }: OperationContext, { snapshots }: UserRepository): Promise<number> {
  const sent = (records?.bytes?.length ?? 0) * SHRINKS_TO;
  for await (const { manifest } of snapshots.newestFirst()) {
    return Math.ceil(Math.max(sent, manifest.parent ? manifest.counts.bytesAdded : 0));
  }
  return Math.ceil(sent);
}

/** Lets go of what the policy no longer keeps, and frees what can be freed by now. Resolves with whether anything was tried. */
async function relieve(context: OperationContext, repository: UserRepository): Promise<boolean> {
  const { vault, clock, settings, logger, progress, signal } = context;
  const last = relieved.get(vault) ?? Number.NEGATIVE_INFINITY;
  if (clock.monotonic() - last < RELIEF_EVERY_MS) return false;
  relieved.set(vault, clock.monotonic());
  try {
    await retain(repository, retainOptions(context, false));
    const engine = await context.engine();
    await prune(vault, { engine, codec: settings.codec, level: settings.level, clock, logger, progress, signal });
  } catch (error) {
    if (!isBitacoraError(error) || error.code === 'CANCELLED') throw error;
    logger.error('No room could be made.', { code: error.code, error: error.message });
  }
  return true;
}

function full(what: string, free: number, expected: number): BitacoraError {
  const left = Math.max(0, free);
  return new BitacoraError(
    'NO_SPACE',
    `${what}: ${left} bytes are left, about ${expected} are needed. Forget and prune snapshots, or allow more.`,
    { details: { left_bytes: left, expected_bytes: expected } },
  );
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
