import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { createHandlers } from './handlers.js';
import { serve } from './serve.js';

/** So much less urgent than the thread that decides and serves; of idle cores a worker still has all. */
const LESS_URGENT = 4;
const LEAST_URGENT = 19;

/** The entry of an engine worker: waits for calls and answers them. */
if (!parentPort) throw new TypeError('This file runs only as a worker thread.');
yieldToMainThread();
serve(parentPort, createHandlers().handlers);

/** With more threads busy than there are cores, the main thread would otherwise wait for a worker's turn to end. */
function yieldToMainThread(): void {
  // Elsewhere the number 0 means the whole process, not the calling thread.
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, Math.min(LEAST_URGENT, getPriority(0) + LESS_URGENT));
  } catch {
    // A sandbox may forbid even this; the work is the same.
  }
}
