import { formatTime } from '../base/index.js';
import { hasEnded, type JobQueue } from '../scheduler/index.js';
import type { RoundRun } from '../vault/index.js';
import type { HealthCheck } from './contract/health.js';
import type { OperationContext } from './operation.js';
import { quotaCheck } from './quotas.js';
import { roundEveryMs } from './rounds.js';

/** So many times the usual time from one check to the next may pass before that is told. */
const OVERDUE_TIMES = 3;
const FINDING = new Set(['failed', 'damaged', 'unread']);

/** Whether what is stored is checked and freed as it should be: the last runs as the vault has them, and what this daemon has seen since. */
export async function upkeepChecks(context: OperationContext): Promise<HealthCheck[]> {
  const runs = await context.vault.rounds.read();
  return [scrubCheck(context, runs.get('scrub')), pruneCheck(runs.get('prune')), quotaCheck(context)];
}

function scrubCheck({ daemon, settings, clock }: OperationContext, noted: RoundRun | undefined): HealthCheck {
  const last = daemon ? seen(daemon.queue, noted) : noted;
  if (last && FINDING.has(last.outcome)) {
    const message = `The check of ${formatTime(last.ended)} found damage, or could not be done: \`bitacora scrub\` says more.`;
    return { name: 'scrub', status: 'degraded', message };
  }
  const every = roundEveryMs(settings, 'scrub');
  const since = noted?.done ?? daemon?.started;
  if (every !== undefined && since !== undefined && clock.now() - since > OVERDUE_TIMES * every) {
    const message = `The check of everything is overdue: ${noted?.done === undefined ? 'none is known of' : `the last one ended on ${formatTime(noted.done)}`}. See \`bitacora jobs\`, or run \`bitacora scrub\`.`;
    return { name: 'scrub', status: 'degraded', message };
  }
  const message = last ? `The check of ${formatTime(last.ended)} found no damage.` : 'Nothing was checked yet.';
  return { name: 'scrub', status: 'ok', message };
}

function pruneCheck(last: RoundRun | undefined): HealthCheck {
  if (!last) return { name: 'prune', status: 'ok', message: 'Nothing was pruned yet.' };
  const when = formatTime(last.ended);
  if (last.outcome === 'done') return { name: 'prune', status: 'ok', message: `What was not needed went on ${when}.` };
  const held = 'more would go at once than goes without being asked for';
  const why = last.outcome === 'held' ? held : 'it could not be told what is needed, or it failed';
  const message = `The prune of ${when} left something undone: ${why}. \`bitacora prune --dry-run\` says more.`;
  return { name: 'prune', status: 'degraded', message };
}

type Ended = Pick<RoundRun, 'ended' | 'outcome'>;

/**
 * What the checks that this daemon ran come to, behind the last one of everybody: a check of one user says nothing of the others, so that
 * what was found of anybody stands until that user, or everybody, was checked again.
 */
function seen(queue: JobQueue, noted: RoundRun | undefined): Ended | undefined {
  let last: Ended | undefined = noted;
  const ofUsers = new Map<string, Ended>();
  for (const job of queue.list()) {
    if (job.operation !== 'scrub' || !hasEnded(job) || job.state === 'cancelled') continue;
    const { status } = (job.result ?? {}) as { readonly status?: unknown };
    const run = { ended: job.ended ?? job.submitted, outcome: job.state === 'failed' ? 'failed' : String(status) };
    if (job.user === undefined) last = latest(last, run);
    else ofUsers.set(job.user, latest(ofUsers.get(job.user), run)!);
  }
  const since = [...ofUsers.values()].filter(({ ended }) => last === undefined || ended >= last.ended);
  if (last && FINDING.has(last.outcome)) return last;
  return since.find(({ outcome }) => FINDING.has(outcome)) ?? since.reduce(latest, last);
}

function latest(a: Ended | undefined, b: Ended | undefined): Ended | undefined {
  return a && b ? (b.ended >= a.ended ? b : a) : (a ?? b);
}
