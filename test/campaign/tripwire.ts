import { BitacoraError } from '../../src/base/index.js';
import type { Backend } from '../../src/storage/index.js';

/** What happens when as many calls were made as were allowed: the caller is asked to stop, or nothing works any more. */
export interface Tripwire {
  backend: Backend;
  /** From the `calls`-th call that writes or reads an object on. */
  set(calls: number, effect: 'abort' | 'die'): AbortSignal;
  /** Lets everything work again. */
  clear(): void;
}

/** A way to stop a backup at any of its steps, without killing the process that tests it. */
export function createTripwire(inner: Backend): Tripwire {
  let left = Number.POSITIVE_INFINITY;
  let effect: 'abort' | 'die' = 'abort';
  let controller = new AbortController();
  const step = <T>(run: () => Promise<T>): Promise<T> => {
    if (--left > 0) return run();
    controller.abort();
    // One that dies does so without having been told, at every further call.
    return effect === 'abort' ? run() : Promise.reject(new BitacoraError('BACKEND_FAILED', 'The machine has died.'));
  };
  const backend: Backend = {
    kind: inner.kind,
    get: (name, options) => step(() => inner.get(name, options)),
    getRange: (name, offset, length, options) => step(() => inner.getRange(name, offset, length, options)),
    stat: (name, options) => step(() => inner.stat(name, options)),
    list: (prefix, options) => inner.list(prefix, options),
    localPath: (name) => inner.localPath(name),
    put: (name, source, options) => step(() => inner.put(name, source, options)),
    spoolDirectory: () => inner.spoolDirectory(),
    remover: () => inner.remover(),
    close: () => inner.close(),
  };
  return {
    backend,
    set(calls, wanted) {
      left = calls;
      effect = wanted;
      controller = new AbortController();
      return wanted === 'abort' ? controller.signal : new AbortController().signal;
    },
    clear() {
      left = Number.POSITIVE_INFINITY;
    },
  };
}
