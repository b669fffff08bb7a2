import type { BitacoraError } from '../../base/index.js';
import * as upkeep from '../../upkeep/index.js';
import type { ScrubAnswer, ScrubInput } from '../contract/scrub.js';
import { checkKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { asRound } from '../rounds.js';

const DAMAGE = new Set(['DATA_CORRUPT', 'OBJECT_MISSING', 'FORMAT_NEWER', 'KEY_WRONG']);

/** What runs by itself leaves the disk to others for the most part. */
const BYTES_PER_SECOND = 32e6;

/** Checks what is stored, of one user or of all. */
export function scrub(context: OperationContext, input: ScrubInput): Promise<ScrubAnswer> {
  if (input.user_id !== undefined) return check(context, input);
  return asRound(
    context,
    'scrub',
    () => check(context, input),
    ({ status }) => status,
  );
}

async function check(context: OperationContext, input: ScrubInput): Promise<ScrubAnswer> {
  const { vault, clock, logger, progress, signal } = context;
  const { user_id: user, share = 100, due = false } = input;
  const began = clock.monotonic();
  if (user !== undefined) await checkKnownUser(context, user);
  const engine = await context.engine();
  const round = due ? { share: input.share && input.share / 100, bytesPerSecond: BYTES_PER_SECOND } : undefined;
  const options = { user, engine, percent: share, due: round, clock, logger, progress, signal };
  const { users, vaultProblems } = await upkeep.scrub(vault, options);
  return {
    status: statusOf([...vaultProblems, ...users.flatMap(({ problems }) => problems)]),
    checked: 'content',
    users: users.map(({ name, packs, bytes, chunks, entries, problems, quarantinedChunks, supersededPacks }) => ({
      user_id: name,
      packs,
      bytes,
      chunks,
      entries,
      problems: problems.map(item),
      quarantined_chunks: quarantinedChunks,
      superseded_packs: supersededPacks,
    })),
    vault_problems: vaultProblems.map(item),
    share,
    read_only: vault.readOnly,
    duration_ms: Math.round(clock.monotonic() - began),
  };
}

/** The same of a vault whose key is not at hand, as far as that goes. `path` is the vault's directory. */
export async function scrubNames(
  path: string,
  { clock, progress, signal }: Pick<OperationContext, 'clock' | 'progress' | 'signal'>,
): Promise<ScrubAnswer> {
  const began = clock.monotonic();
  const { users, vaultProblems } = await upkeep.scrubNames(path, { progress, signal });
  return {
    status: statusOf([...vaultProblems, ...users.flatMap(({ problems }) => problems)]),
    checked: 'names',
    users: users.map(({ uid, packs, bytes, entries, problems }) => ({
      user_id: uid,
      packs,
      bytes,
      chunks: 0,
      entries,
      problems: problems.map(item),
      quarantined_chunks: 0,
      superseded_packs: 0,
    })),
    vault_problems: vaultProblems.map(item),
    share: 100,
    read_only: true,
    duration_ms: Math.round(clock.monotonic() - began),
  };
}

function statusOf(problems: readonly BitacoraError[]): ScrubAnswer['status'] {
  if (problems.some(({ code }) => DAMAGE.has(code))) return 'damaged';
  return problems.length > 0 ? 'unread' : 'sound';
}

function item({ code, message, details }: BitacoraError): ScrubAnswer['vault_problems'][number] {
  return { code, message, details };
}
