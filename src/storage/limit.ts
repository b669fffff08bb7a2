import pLimit from 'p-limit';
import { throwIfAborted } from '../base/index.js';
import { aroundBackend } from './around.js';
import type { Backend, ListOptions, ObjectEntry } from './contract.js';

/**
 * At most `concurrency` calls at a time; the others wait in the order in which they came. A listing takes its turn for
 * each entry it fetches, and none while its consumer works on one.
 */
export function withLimit(inner: Backend, concurrency: number): Backend {
  const limit = pLimit(concurrency);

  async function* list(prefix: string, options: ListOptions): AsyncGenerator<ObjectEntry> {
    const entries = inner.list(prefix, options)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const entry = await limit(() => entries.next());
        if (entry.done) return;
        yield entry.value;
      }
    } finally {
      await entries.return?.();
    }
  }

  return aroundBackend(inner, {
    call: (_call, run, { signal }) =>
      limit(() => {
        throwIfAborted(signal);
        return run();
      }),
    list,
  });
}
