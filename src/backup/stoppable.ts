import { BitacoraError, Interrupt, throwIfAborted } from '../base/index.js';

/**
 * What `open` gives, piece by piece; stops at once when `signal` says so, also while the source has nothing to give. The source is told
 * to let go in any case, and not waited for where it hangs.
 */
export async function* stoppable<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  const stop = new AbortController();
  const interrupt = new Interrupt();
  signal?.addEventListener('abort', () => stop.abort(), { once: true, signal: stop.signal });
  stop.signal.addEventListener('abort', () => interrupt.fail(stopped()), { once: true });
  throwIfAborted(signal);
  const iterator = open(stop.signal)[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await interrupt.wait(iterator.next());
      if (next.done) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } catch (error) {
    ended = !stop.signal.aborted;
    throw error;
  } finally {
    stop.abort();
    // One that hangs is not waited for: it was told.
    if (!ended) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

function stopped(): BitacoraError {
  return new BitacoraError('CANCELLED', 'Stopped on request; nothing that was safe before is lost.');
}
