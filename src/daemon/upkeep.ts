import { type RoundName, roundEveryMs, type Settings } from '../api/index.js';
import type { Random } from '../base/index.js';
import { makeReserve, type Vault } from '../vault/index.js';
import type { Round } from './rounds.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A disk may be full soon after the start. */
const RESERVE_FIRST_MS = 10_000;

/** What a daemon sees to by itself: what the policy keeps no longer, the space that frees, and that what is stored is still sound. */
export function upkeepRounds(vault: Vault, settings: () => Settings, random: Random): Round[] {
  const ended = async (...names: RoundName[]): Promise<number | undefined> => {
    const runs = await vault.rounds.read();
    const each = names.map((name) => runs.get(name)?.done);
    return each.every((time) => time !== undefined) ? Math.min(...each) : undefined;
  };
  const common = { user: undefined, access: 'read', durable: false } as const;
  return [
    {
      name: 'retention and prune',
      everyMs: () => roundEveryMs(settings(), 'prune'),
      lastEnded: () => ended('retain-all', 'prune'),
      jobs: () => ['retain-all', 'prune'].map((operation) => ({ ...common, operation, input: {} })),
    },
    {
      name: 'scrub',
      everyMs: () => roundEveryMs(settings(), 'scrub'),
      lastEnded: () => ended('scrub'),
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
