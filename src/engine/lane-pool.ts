import { throwIfAborted } from '../base/index.js';
import type { Lane } from './lane.js';
import { handOverOpen, type OpenSecrets } from './open-secrets.js';

/** Calls that a lane holds at once: one that it works on, and the next. */
const CALLS_PER_LANE = 2;

export interface PreparedCall {
  readonly payload: object;
  readonly transfer?: readonly ArrayBuffer[];
}

let sessions = 0;

/** Spreads calls that read packs back over the engine's lanes, with a bound on how many are under way. */
export class LanePool {
  readonly session = ++sessions;
  readonly #lanes: readonly Lane[];
  readonly #busy: number[];
  readonly #waiting: (() => void)[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #secrets: OpenSecrets;
  #ready: Promise<unknown> | undefined;

  constructor(lanes: readonly Lane[], secrets: OpenSecrets, signal: AbortSignal | undefined) {
    this.#lanes = lanes;
    this.#busy = lanes.map(() => 0);
    this.#secrets = secrets;
    this.#signal = signal;
  }

  /** Waits for a free place, prepares the call and makes it. Throws `CANCELLED` instead of beginning a call. */
  async run<T>(type: string, prepare: () => PreparedCall | Promise<PreparedCall>): Promise<T> {
    this.#ready ??= Promise.all(this.#lanes.map((lane) => this.#open(lane)));
    await this.#ready;
    const lane = await this.#take();
    try {
      throwIfAborted(this.#signal);
      const { payload, transfer } = await prepare();
      return (await this.#lanes[lane]!.call(type, { ...payload, session: this.session }, transfer)) as T;
    } finally {
      this.#busy[lane]!--;
      this.#waiting.shift()?.();
    }
  }

  /** Makes the lanes forget the keys. */
  async close(): Promise<void> {
    if (this.#ready) await Promise.all(this.#lanes.map((lane) => lane.call('open.end', { session: this.session })));
  }

  #open(lane: Lane): Promise<unknown> {
    const { secrets, transfer } = handOverOpen(this.#secrets);
    return lane.call('open.secrets', { ...secrets, session: this.session }, transfer);
  }

  async #take(): Promise<number> {
    for (;;) {
      let best = 0;
      for (let lane = 1; lane < this.#busy.length; lane++) if (this.#busy[lane]! < this.#busy[best]!) best = lane;
      if (this.#busy[best]! < CALLS_PER_LANE) {
        this.#busy[best]!++;
        return best;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
