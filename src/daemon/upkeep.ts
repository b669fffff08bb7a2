import type { Settings } from '../api/index.js';
import type { Random } from '../base/index.js';
import { makeReserve, type Vault } from '../vault/index.js';
import type { Round } from './rounds.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A disk may be full soon after the start. */
const RESERVE_FIRST_MS = 10_000;

/** What a daemon sees to by itself: what the policy keeps no longer, the space that frees, and that what is stored is still sound. */
export function upkeepRounds(vault: Vault, settings: () => Settings, random: Random): Round[] {
  const common = { user: undefined, access: 'read', durable: false } as const;
  return [
    {
      name: 'retention and prune',
      everyMs: () => (settings().enabled ? DAY_MS : undefined),
      jobs: () => ['retain-all', 'prune'].map((operation) => ({ ...common, operation, input: {} })),
    },
    {
      name: 'scrub',
      everyMs: () => {
        const { scrub } = settings();
        return scrub?.enabled === false ? undefined : (scrub?.everyMs ?? DAY_MS);
      },
      jobs: () => {
        const { scrub } = settings();
        const share = scrub?.share === undefined ? {} : { share: scrub.share * 100 };
        return [{ ...common, operation: 'scrub', input: { due: true, ...share } }];
      },
    },
    {
      name: 'reserve',
      firstMs: RESERVE_FIRST_MS,
      everyMs: () => HOUR_MS,
      run: async () => {
        await makeReserve(vault.path, random);
      },
    },
    {
      name: 'stored bytes',
      everyMs: () => {
        const { vaultBytesMax, userBytesMax } = settings().space;
        return (vaultBytesMax ?? userBytesMax) === undefined ? undefined : DAY_MS;
      },
      run: (signal) => vault.stored.recount({ signal }),
    },
  ];
}
