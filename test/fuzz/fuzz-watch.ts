import { Worker } from 'node:worker_threads';
import type { FuzzResult } from './fuzz-run.js';
import type { FuzzOrders } from './fuzz-thread.js';

/** No case takes as long on any machine, however busy: it will never end. */
const SILENCE_MS = 120_000;

export type NamedResult = FuzzResult & { readonly name: string };

/** Fuzzes in a thread that is ended where one case does not. */
export function fuzzWatched(
  orders: Omit<FuzzOrders, 'state'>,
  onResult: (result: NamedResult) => void = () => {},
): Promise<{ readonly results: readonly NamedResult[]; readonly failures: readonly string[] }> {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const results: NamedResult[] = [];
  const failures: string[] = [];
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./fuzz-thread.js', import.meta.url), { workerData: { ...orders, state } });
    let last = '';
    const watch = setInterval(() => {
      const now = state.join(', case ');
      if (now === last) {
        failures.push(`--seed ${orders.seed}: target number ${now} does not end`);
        void thread.terminate();
      }
      last = now;
    }, SILENCE_MS);
    thread.on('message', (result: NamedResult) => {
      results.push(result);
      failures.push(...result.failures);
      onResult(result);
    });
    thread.once('error', reject);
    thread.once('exit', () => {
      clearInterval(watch);
      resolve({ results, failures });
    });
  });
}
