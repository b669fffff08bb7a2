import { BitacoraError, fromHex, throwIfAborted, toHex } from '../../base/index.js';
import { packName, packsPrefix, parseObjectName, type QuarantinedPack, uidOf } from '../../format/index.js';
import type { PackHead } from '../../store/index.js';
import { damageCode, isUnknown, type UserScrub } from './context.js';
import { packsDue } from './due.js';
import type { DamageCode } from './findings.js';
import type { PackQuarantine } from './quarantine.js';
import { ReadPacks } from './read-packs.js';
import { type ListedPack, scanPack } from './scan-pack.js';
import type { ScrubDue } from './scrub-due.js';
import type { LogFacts } from './scrub-log.js';
import { packsOfShare } from './share.js';

export interface ScrubbedPacks {
  readonly packs: number;
  readonly bytes: number;
  readonly chunks: number;
}

/** Which packs are read: a share, or what is due. */
export interface WhichPacks {
  readonly percent: number;
  readonly due?: ScrubDue | undefined;
}

/**
 * Checks the packs of a share, and that all that are needed are there. What is damaged is in quarantine when this resolves, in the
 * log and in the index, or, where the vault cannot be written, in the index of this process alone.
 */
export async function scrubPacks(
  scrub: UserScrub,
  quarantine: PackQuarantine,
  facts: LogFacts,
  which: WhichPacks,
): Promise<ScrubbedPacks> {
  const { repository } = scrub;
  const { index, readOnly } = repository;
  const all = await listPacks(scrub, facts.tombstoned);
  const { percent, due } = which;
  const share = due ? await dueOf(scrub, all, due) : await shareOf(scrub, all, percent);
  await noteLost(scrub, facts, all, quarantine);
  const counts = await scanAll(scrub, share, quarantine);
  await quarantine.finish();
  const last = share.at(-1);
  if (last && percent < 100 && !due && !readOnly) await index.checks.setSharedTo(last.hash);
  await quarantine.tell();
  return counts;
}

async function dueOf(
  { repository, clock }: UserScrub,
  all: readonly ListedPack[],
  { share }: ScrubDue,
): Promise<ListedPack[]> {
  const { index } = repository;
  const times = await index.checks.times();
  const checkedAt = ({ hash }: ListedPack) => times.get(index.packOrdinal(hash) ?? -1);
  return packsDue(all, { checkedAt, now: clock.now(), lastRound: (await index.checks.lastRound())?.time, share });
}

async function shareOf({ repository }: UserScrub, all: readonly ListedPack[], percent: number): Promise<ListedPack[]> {
  return packsOfShare(all, percent, percent < 100 ? await repository.index.checks.sharedTo() : undefined);
}

/** Checks a pack that is no part of the share and was found wanting while something was read from it. `pack` is its hash in hex. */
export async function scrubPack(scrub: UserScrub, quarantine: PackQuarantine, pack: string): Promise<void> {
  const { backend, uid } = scrub.repository;
  const hash = fromHex(pack);
  const info = await backend.stat(packName(uidOf(uid), hash), { signal: scrub.signal });
  if (info) await scanOne(scrub, { hash, length: info.length }, quarantine);
  else await quarantine.add({ pack: hash, damage: 'whole', frames: [] }, 'OBJECT_MISSING', 'is missing');
  await quarantine.finish();
  await quarantine.tell();
}

async function listPacks({ repository, signal }: UserScrub, tombstoned: ReadonlySet<string>): Promise<ListedPack[]> {
  const { backend, keys } = repository;
  const packs: ListedPack[] = [];
  for await (const { name, length } of backend.list(packsPrefix(uidOf(keys.uid)), { signal })) {
    const parsed = parseObjectName(name);
    if (parsed?.type === 'pack' && !tombstoned.has(toHex(parsed.hash))) packs.push({ hash: parsed.hash, length });
  }
  return packs;
}

/** Packs that the index has or a snapshot names, and that are not there. */
async function noteLost(
  scrub: UserScrub,
  facts: LogFacts,
  listed: readonly ListedPack[],
  quarantine: PackQuarantine,
): Promise<void> {
  const { backend, index, keys } = scrub.repository;
  const there = new Set(listed.map(({ hash }) => toHex(hash)));
  const wanted = new Set([...index.packNames().map(toHex), ...facts.named]);
  for (const pack of wanted) {
    if (there.has(pack) || facts.tombstoned.has(pack)) continue;
    const hash = fromHex(pack);
    // It may have come since the listing.
    if (await backend.stat(packName(uidOf(keys.uid), hash), { signal: scrub.signal })) continue;
    await quarantine.add({ pack: hash, damage: 'whole', frames: [] }, 'OBJECT_MISSING', 'is missing');
  }
}

async function scanAll(
  scrub: UserScrub,
  packs: readonly ListedPack[],
  quarantine: PackQuarantine,
): Promise<ScrubbedPacks> {
  const { progress, signal, width, pace } = scrub;
  const counts = { packs: 0, bytes: 0, chunks: 0 };
  const filesTotal = packs.length;
  const bytesTotal = packs.reduce((sum, { length }) => sum + length, 0);
  const read = new ReadPacks(scrub);
  let next = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      const pack = packs[next++];
      if (!pack) return;
      throwIfAborted(signal);
      const chunks = await scanOne(scrub, pack, quarantine);
      if (chunks !== undefined) await read.add(pack.hash);
      counts.chunks += chunks ?? 0;
      counts.packs++;
      counts.bytes += pack.length;
      progress({ phase: 'scrub', files: counts.packs, filesTotal, bytes: counts.bytes, bytesTotal });
      await pace?.after(pack.length, signal);
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: width }, work));
  await read.finish();
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) {
    // What was found so far is worth keeping, whatever ended the search.
    await quarantine.finish();
    throw failed.reason;
  }
  return counts;
}

/** Resolves with the number of chunks checked; undefined where it could not be asked for the pack. */
async function scanOne(scrub: UserScrub, pack: ListedPack, quarantine: PackQuarantine): Promise<number | undefined> {
  const { repository, pool, findings, signal } = scrub;
  const object = packName(uidOf(repository.uid), pack.hash);
  try {
    const { head, damaged, named } = await scanPack(repository, pool, pack, signal);
    const { footer } = head;
    if (damaged.length > 0) {
      const frames = damaged.map(({ frame }) => frame);
      const what = `has ${frames.length} of ${footer.frameCount} frames damaged: ${damaged[0]!.message}`;
      await quarantine.add({ pack: pack.hash, damage: 'frames', frames }, 'DATA_CORRUPT', what.replace(/\.$/, ''));
      return footer.chunkCount;
    }
    await quarantine.add({ pack: pack.hash, damage: 'none', frames: [] });
    await learn(scrub, pack.hash, head);
    if (!named) findings.add(renamed(object));
    return footer.chunkCount;
  } catch (error) {
    if (!(error instanceof BitacoraError)) throw error;
    const code = damageCode(error);
    if (!code && !isUnknown(error)) throw error;
    if (code) await addWhole(scrub, pack, quarantine, code, error);
    else findings.add(error);
    return code && 0;
  }
}

async function addWhole(
  { repository }: UserScrub,
  { hash }: ListedPack,
  quarantine: PackQuarantine,
  code: DamageCode,
  error: BitacoraError,
): Promise<void> {
  const quarantined: QuarantinedPack = { pack: hash, damage: 'whole', frames: [] };
  const isGone = code === 'OBJECT_MISSING';
  // Removed since the listing, by whoever keeps the vault small.
  if (isGone && repository.index.packOrdinal(hash) === undefined) return;
  await quarantine.add(quarantined, code, isGone ? 'is missing' : `is damaged: ${error.message.replace(/\.$/, '')}`);
}

/** A sound pack that the index does not have: another one's, or its last writes were lost. */
async function learn({ repository }: UserScrub, hash: Uint8Array, { sealedHead, footer }: PackHead): Promise<void> {
  if (repository.index.packOrdinal(hash) !== undefined) return;
  await repository.index.addPack(hash, sealedHead, footer);
}

function renamed(object: string): BitacoraError {
  const message = `The pack "${object}" does not have the bytes of its name, though all that it holds is sound. Restore it from a copy of the vault.`;
  return new BitacoraError('DATA_CORRUPT', message, { details: { object } });
}
