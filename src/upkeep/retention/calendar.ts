import { DAY_MS } from './policy.js';

/** The most that `Date` can say. */
const TIME_MAX = 8.64e15;
/** 1970 began on a Thursday; weeks begin on Mondays. */
const FIRST_MONDAY_SHIFT = 3;

/** What a day, a week and a month are in a time zone, each as a number of its own that rises with time. */
export interface Periods {
  readonly day: number;
  readonly week: number;
  readonly month: number;
}

/** Tells periods apart by the wall clock of a time zone. Remembers what it worked out: asking a hundred thousand times is cheap. */
export class Calendar {
  readonly #format: Intl.DateTimeFormat;
  /** The zone's distance from UTC all through a day of UTC; null where it changes within. */
  readonly #offsets = new Map<number, number | null>();

  /** @param zone - A name of the time zone database; left out, the system's. */
  constructor(zone?: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      ...(zone !== undefined && { timeZone: zone }),
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** @param time - Milliseconds since 1970. */
  periodsOf(time: number): Periods {
    const at = Math.min(Math.max(time, -TIME_MAX), TIME_MAX);
    const local = at + this.#offset(at);
    const day = Math.floor(local / DAY_MS);
    const date = new Date(Math.min(Math.max(local, -TIME_MAX), TIME_MAX));
    return {
      day,
      week: Math.floor((day + FIRST_MONDAY_SHIFT) / 7),
      month: date.getUTCFullYear() * 12 + date.getUTCMonth(),
    };
  }

  #offset(time: number): number {
    const utcDay = Math.floor(time / DAY_MS);
    let known = this.#offsets.get(utcDay);
    if (known === undefined) {
      const first = this.#offsetAt(utcDay * DAY_MS);
      known = first === this.#offsetAt((utcDay + 1) * DAY_MS) ? first : null;
      this.#offsets.set(utcDay, known);
    }
    return known ?? this.#offsetAt(time);
  }

  #offsetAt(time: number): number {
    const at = Math.min(Math.max(time, -TIME_MAX), TIME_MAX);
    const parts = new Map(this.#format.formatToParts(at).map(({ type, value }) => [type, value]));
    const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
    const year = parts.get('era')?.startsWith('B') ? 1 - number('year') : number('year');
    const local = new Date(0);
    local.setUTCFullYear(year, number('month') - 1, number('day'));
    local.setUTCHours(number('hour'), number('minute'), number('second'));
    return local.getTime() - Math.floor(at / 1000) * 1000;
  }
}
