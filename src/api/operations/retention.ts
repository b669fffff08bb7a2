import { isoTime } from '../../base/index.js';
import { retain, type SnapshotDecision } from '../../upkeep/index.js';
import type { RetentionAnswer, RetentionInput } from '../contract/retention.js';
import { keepingFields, reasonField } from '../keeping.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { retainOptions } from '../retain-after.js';
import { withReserve } from '../with-reserve.js';

/** Forgets what the policy keeps no longer, and explains every decision. */
export async function retention(context: OperationContext, input: RetentionInput): Promise<RetentionAnswer> {
  const { user_id: user, dry_run: dryRun = false } = input;
  const { vault, settings } = context;
  const options = retainOptions(context, dryRun);
  const { decisions, forgotten, held, now, warnings } = await withReserve(context, async () => {
    if (!dryRun) vault.checkWritable();
    return retain(await openKnownUser(context, user), options);
  });
  const { sessionDays, dailyDays, weeklyDays, monthlyDays, manualDays, criticalDays } = options.policy;
  return {
    user_id: user,
    dry_run: dryRun,
    now: isoTime(now),
    held: held ? { from: isoTime(held.from), to: isoTime(held.to), until: isoTime(held.until) } : null,
    policy: {
      session_backups_days: sessionDays,
      daily_backups_days: dailyDays,
      weekly_backups_days: weeklyDays,
      monthly_backups_days: monthlyDays,
      manual_backups_days: manualDays,
      critical_backups_days: criticalDays,
    },
    timezone: settings.timezone ?? null,
    snapshots: decisions.map(explained).reverse(),
    forgotten: [...forgotten],
    warnings: [...warnings],
  };
}

function explained(decision: SnapshotDecision): RetentionAnswer['snapshots'][number] {
  const { snapshot, keep, reasons, captures } = decision;
  return {
    backup_id: snapshot.id,
    timestamp: isoTime(snapshot.captured),
    backup_type: snapshot.kind,
    kept: keep,
    ...keepingFields(decision),
    reasons: reasons.map(reasonField),
    captures: captures.map((capture) => ({
      scope: capture.scope,
      kept: capture.keep,
      reasons: capture.reasons.map(reasonField),
    })),
  };
}
