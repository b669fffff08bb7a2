import type { SeededRandom } from './random.js';

const USERS = ['ana', 'ben', 'eva', 'leo', 'mia', 'noa'];
const SESSIONS = 3;

/** The end of a session as it is asked for, perhaps more than once. */
export interface StormRequest {
  readonly user: string;
  readonly session: string;
  /** Kept by who repeats; undefined: each time it is asked for it may be done. */
  readonly key: string | undefined;
  /** Stands in the records of this request and of no other. */
  readonly marker: string;
  readonly body: string;
  /** How often it was sent. */
  sent: number;
  /** Snapshots that answers named: safe, whatever comes. */
  readonly acknowledged: Set<string>;
  /** Jobs that answers named: done some day, and once. */
  readonly promised: Set<string>;
}

export const STORM_USERS: readonly string[] = USERS;

/** Another request than any before. */
export function newRequest(random: SeededRandom, number: number): StormRequest {
  const user = random.pick(USERS);
  const session = `session-${random.below(SESSIONS)}`;
  const key = random.chance(0.6) ? `key-${number}` : undefined;
  const marker = `marker-${number}`;
  // Mostly little; now and then more than fits into a socket, or into one frame.
  const length = random.chance(0.1) ? 100_000 + random.below(1_500_000) : random.below(3000);
  const text = Buffer.from(random.text(length)).toString('latin1');
  const data = { actions: [{ id: marker, text }, { id: random.below(10) }], user_config: { last: marker } };
  const body = JSON.stringify({ user_id: user, session_id: session, data });
  return { user, session, key, marker, body, sent: 0, acknowledged: new Set(), promised: new Set() };
}
