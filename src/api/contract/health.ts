import { z } from 'zod';

export const input = z.strictObject({});

const status = z.enum(['ok', 'degraded', 'failing']);
/** `unknown`: it is being looked at. */
const checkStatus = z.enum([...status.options, 'unknown']);
export const check = z.strictObject({
  /** `vault`, `space`, `copy`, `queue`, `backups`, `scrub`, `prune` or `quotas`. */
  name: z.string(),
  status: checkStatus,
  message: z.string(),
});

export const answer = z.strictObject({
  /** The worst of all checks of which anything is known. */
  status,
  /** For administrators, and whoever has the scope `admin` for all users. */
  checks: z.array(check).optional(),
});

export type HealthAnswer = z.infer<typeof answer>;
export type HealthCheck = z.infer<typeof check>;
