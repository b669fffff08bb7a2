import { BitacoraError } from '../base/index.js';
import { freeSpace, reserveBytes, type UserRepository } from '../vault/index.js';
import type { OperationContext } from './operation.js';
import { nearQuotas, percentOf, type Quota, quotaOf } from './quotas.js';
import { type Relief, relieveAll, relieveUser } from './relief.js';

/** JSON shrinks to about this part of itself; what comes must not be refused for what it would not take. */
const SHRINKS_TO = 0.25;

/** Something that may be used up. */
interface Limit {
  readonly what: string;
  /** How more of it is had. */
  readonly more: string;
  /** Bytes; undefined where nobody has set it, so that nobody is warned. */
  readonly max: number | undefined;
  /** Whether other users take of it, too, so that a prune of all may help. */
  readonly shared: boolean;
  /** Bytes; less than none where more is stored than is allowed. */
  left(): Promise<number>;
}

/**
 * Whether there is room for a snapshot, before it begins: in the user's quota, in the vault's size, on its disk. Where there is none,
 * retention and prune of this user run first, and what is in the trash goes before its grace as far as that is needed. What was estimated
 * too low is refused as it comes; the next try then makes room for it.
 *
 * @returns warnings of limits that come near.
 * @throws {BitacoraError} `NO_SPACE`.
 */
export async function checkRoom(context: OperationContext, repository: UserRepository): Promise<string[]> {
  const { settings, vault } = context;
  const { vaultBytesMax, userBytesMax, warningShare } = settings.space;
  const quota = quotaOf(await vault.findUser(repository.name), settings);
  vault.stored.setLimits({ vaultBytesMax, userBytesMax });
  vault.stored.setUserLimit(repository.uid, quota.max);
  const expected = await expectedBytes(context, repository);
  const wanted = Math.max(expected, vault.stored.takeRefused(repository.uid));
  const warnings: string[] = [];
  const near = nearQuotas(vault);
  near.delete(repository.name);
  for (const limit of limitsOf(context, repository, quota)) {
    const left = await makeFit(context, repository, limit, { expected, wanted });
    const { what, max } = limit;
    const use = max === undefined ? undefined : { bytes: max - left, max };
    if (!use || use.bytes < use.max * warningShare) continue;
    if (!limit.shared) near.set(repository.name, use);
    warnings.push(`${percentOf(use)} % of ${what} is used: ${use.bytes} of ${use.max} bytes.`);
  }
  return warnings;
}

function limitsOf(
  { settings, vault, signal }: OperationContext,
  repository: UserRepository,
  { max: userBytesMax, from }: Quota,
): Limit[] {
  const { vaultBytesMax } = settings.space;
  const limits: Limit[] = [
    {
      what: 'the vault’s file system',
      more: 'free some space on it',
      max: undefined,
      // A prune of all would use up the reserve, which is for those who ask for one.
      shared: false,
      left: async () => (await freeSpace(vault.path))?.freeBytes ?? Number.POSITIVE_INFINITY,
    },
  ];
  if (userBytesMax !== undefined) {
    limits.push({
      what: `the quota of "${repository.name}"`,
      more: `allow more (${from === 'user' ? `\`bitacora user set ${repository.name} --quota-gb\`` : '`[limits] user_quota_gb`'})`,
      max: userBytesMax,
      shared: false,
      left: async () => userBytesMax - (await vault.stored.ofUser(repository.uid, { signal })),
    });
  }
  if (vaultBytesMax !== undefined) {
    limits.push({
      what: 'the size of the vault',
      more: 'allow more (`[backup.storage.local] max_size_gb`)',
      max: vaultBytesMax,
      shared: true,
      left: async () => vaultBytesMax - (await vault.stored.total({ signal })),
    });
  }
  return limits;
}

/** Resolves with what is left of a limit once what is expected fits; for what is wanted as much room is made as can be. */
async function makeFit(
  context: OperationContext,
  repository: UserRepository,
  limit: Limit,
  { expected, wanted }: { readonly expected: number; readonly wanted: number },
): Promise<number> {
  let left = await limit.left();
  if (left >= wanted) return left;
  const relief = await relieveUser(context, repository, wanted - left);
  if (relief) left = await limit.left();
  if (left >= expected) return left;
  const job = limit.shared ? await relieveAll(context, expected - left) : undefined;
  if (limit.max !== undefined && !limit.shared) {
    nearQuotas(context.vault).set(repository.name, { bytes: limit.max - left, max: limit.max });
  }
  throw await full(context, repository, { limit, left: Math.max(0, left), expected, relief, job });
}

/** From what the newest snapshot added, unless that was the first, and from the records at hand. */
async function expectedBytes({ records }: OperationContext, { snapshots }: UserRepository): Promise<number> {
  const sent = (records?.bytes?.length ?? 0) * SHRINKS_TO;
  for await (const { manifest } of snapshots.newestFirst()) {
    return Math.ceil(Math.max(sent, manifest.parent ? manifest.counts.bytesAdded : 0));
  }
  return Math.ceil(sent);
}

interface Shortage {
  readonly limit: Limit;
  readonly left: number;
  readonly expected: number;
  readonly relief: Relief | undefined;
  readonly job: string | undefined;
}

async function full(
  { vault, signal }: OperationContext,
  { name, uid }: UserRepository,
  { limit, left, expected, relief, job }: Shortage,
): Promise<BitacoraError> {
  const { liveBytes, trashBytes } = await vault.stored.sizesOf(uid, { signal });
  const reserve = await reserveBytes(vault.path);
  const sizes = `"${name}" has ${liveBytes} bytes in use and ${trashBytes} in the trash; the vault’s reserve has ${reserve}`;
  const message = `${capital(limit.what)} has no room: ${left} bytes are left, about ${expected} are needed. ${sizes}. ${nextStep(name, limit, relief, job)}`;
  return new BitacoraError('NO_SPACE', message, {
    details: {
      left_bytes: left,
      expected_bytes: expected,
      ...(limit.max === undefined ? {} : { max_bytes: limit.max }),
      live_bytes: liveBytes,
      trash_bytes: trashBytes,
      reserve_bytes: reserve,
      ...(job === undefined ? {} : { job }),
    },
  });
}

function nextStep(name: string, { more }: Limit, relief: Relief | undefined, job: string | undefined): string {
  if (job !== undefined) return `A prune of everybody has begun (job ${job}): try again when it has ended.`;
  if (relief?.held) {
    return `More could go than goes without being asked for: see \`bitacora prune ${name} --dry-run\`, and give --allow-large if that is meant; or ${more}.`;
  }
  return `Forget snapshots (\`bitacora forget ${name} SNAPSHOT\`) and run \`bitacora prune ${name} --grace 0\` twice, which frees them at once; or ${more}.`;
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
