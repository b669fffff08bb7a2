import { BitacoraError } from '../../src/base/index.js';
import type { Backend } from '../../src/storage/index.js';
import type { SeededRandom } from './random.js';

/** A backend whose calls take their time, each by chance, and which may die. */
export interface UnsteadyBackend {
  readonly backend: Backend;
  /** From the n-th change on nothing works any more; the n-th itself is done or not, by chance. */
  dieAfter(changes: number): void;
  /** Whether it has. */
  readonly dead: boolean;
  revive(): void;
  /** Whether calls wait for others by chance, so that works mix. */
  mixes: boolean;
}

export function unsteady(inner: Backend, random: SeededRandom): UnsteadyBackend {
  let left = Number.POSITIVE_INFINITY;
  const state = { mixes: false };
  const died = (): never => {
    throw new BitacoraError('BACKEND_FAILED', 'The machine has died.');
  };
  const pause = async (): Promise<void> => {
    for (let turns = state.mixes ? random.below(4) : 0; turns > 0; turns--) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  };
  const read = async <T>(run: () => Promise<T>): Promise<T> => {
    if (left <= 0) died();
    await pause();
    return run();
  };
  const change = async <T>(run: () => Promise<T>): Promise<T> => {
    await pause();
    if (left <= 0) died();
    if (--left > 0) return run();
    if (random.chance(0.5)) await run();
    return died();
  };
  const remover = inner.remover();
  const backend: Backend = {
    kind: inner.kind,
    get: (name, options) => read(() => inner.get(name, options)),
    getRange: (name, offset, length, options) => read(() => inner.getRange(name, offset, length, options)),
    stat: (name, options) => read(() => inner.stat(name, options)),
    list: (prefix, options) => inner.list(prefix, options),
    localPath: (name) => inner.localPath(name),
    put: (name, source, options) => change(() => inner.put(name, source, options)),
    spoolDirectory: () => inner.spoolDirectory(),
    remover: () => ({
      remove: (name, options) => change(() => remover.remove(name, options)),
      move: (from, to, options) => change(() => remover.move(from, to, options)),
    }),
    close: () => inner.close(),
  };
  return {
    backend,
    dieAfter: (changes) => {
      left = changes;
    },
    get dead() {
      return left <= 0;
    },
    revive: () => {
      left = Number.POSITIVE_INFINITY;
    },
    get mixes() {
      return state.mixes;
    },
    set mixes(mixes) {
      state.mixes = mixes;
    },
  };
}
