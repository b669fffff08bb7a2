import type { RegistryRecord } from '../format/index.js';
import type { Vault } from '../vault/index.js';
import type { HealthCheck } from './contract/health.js';
import type { Settings } from './settings.js';

/** How much a user may have stored, and who says so. */
export interface Quota {
  /** Bytes; undefined: no limit. */
  readonly max: number | undefined;
  readonly from: 'user' | 'configuration' | undefined;
}

/** How much of a quota is used. */
export interface QuotaUse {
  readonly bytes: number;
  readonly max: number;
}

const USERS_NAMED = 5;

/** The user's own, where there is one (0: none at all), else the configuration's. */
export function quotaOf({ quota }: Pick<RegistryRecord, 'quota'>, { space }: Pick<Settings, 'space'>): Quota {
  if (quota !== undefined) return { max: quota === 0 ? undefined : quota, from: 'user' };
  const { userBytesMax: max } = space;
  return { max, from: max === undefined ? undefined : 'configuration' };
}

const near = new WeakMap<Vault, Map<string, QuotaUse>>();

/** Users whose quota was all but used up when they were backed up last, or tried to be, since the start. */
export function nearQuotas(vault: Vault): Map<string, QuotaUse> {
  let users = near.get(vault);
  if (!users) {
    users = new Map();
    near.set(vault, users);
  }
  return users;
}

export function quotaCheck({ vault }: { readonly vault: Vault }): HealthCheck {
  const users = [...nearQuotas(vault)].sort(([, a], [, b]) => b.bytes / b.max - a.bytes / a.max);
  if (users.length === 0) return { name: 'quotas', status: 'ok', message: 'No quota is known to be nearly used up.' };
  const names = users.slice(0, USERS_NAMED).map(([user, use]) => `${user} (${percentOf(use)} %)`);
  const more = users.length > USERS_NAMED ? ` and ${users.length - USERS_NAMED} more` : '';
  const message = `The quotas of ${names.join(', ')}${more} are nearly used up. Allow more (\`bitacora user set USER --quota-gb\`), or forget and prune.`;
  return { name: 'quotas', status: 'degraded', message };
}

export function percentOf({ bytes, max }: QuotaUse): number {
  return Math.floor((100 * bytes) / max);
}
