import type { Death } from './program.js';
import type { SeededRandom } from './random.js';

/** How long commands take when they are let live, in milliseconds. */
export type Durations = Record<'backup' | 'restore' | 'rebuild', number>;

/** System calls that leave something half done, and up to which one of them in a thread to wait. */
const CALLS = [
  { calls: 'fsync,fdatasync', most: 6 },
  { calls: 'link,linkat', most: 4 },
  { calls: 'rename,renameat,renameat2', most: 4 },
  { calls: 'unlink,unlinkat', most: 5 },
  { calls: 'mkdir,mkdirat', most: 3 },
  { calls: 'write,pwrite64,writev', most: 60 },
  { calls: 'openat,openat2', most: 220 },
] as const;

/** Some right after the answer; the rest half by the clock, mostly past the start of the program, half at system calls. */
export function chooseDeath(random: SeededRandom, durationMs: number, trace: boolean): Death {
  if (random.chance(0.15)) return { how: 'answer' };
  if (trace && random.chance(0.5)) {
    const { calls, most } = random.pick(CALLS);
    return { how: 'call', calls, number: 1 + random.below(most) };
  }
  const from = random.chance(0.8) ? 0.3 : 0;
  const share = from + ((1 - from) * random.below(1000)) / 1000;
  return { how: 'time', afterMs: Math.round(durationMs * share) };
}

/** For logs. */
export function deathText(death: Death): string {
  if (death.how === 'call') return `${death.calls} ${death.number}`;
  return death.how === 'time' ? `${death.afterMs} ms` : death.how;
}
