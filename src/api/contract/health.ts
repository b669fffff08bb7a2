import { z } from 'zod';

export const input = z.strictObject({});

const status = z.enum(['ok', 'degraded', 'failing']);
export const check = z.strictObject({
  /** `vault`, `space`, `copy`, `queue`, `backups`, `scrub`, `prune` or `quotas`. */
  name: z.string(),
  status,
  message: z.string(),
});

export const answer = z.strictObject({
  /** The worst of all checks. */
  status,
  /** For administrators, and whoever has the scope `admin` for all users. */
  checks: z.array(check).optional(),
});

export type HealthAnswer = z.infer<typeof answer>;
export type HealthCheck = z.infer<typeof check>;
