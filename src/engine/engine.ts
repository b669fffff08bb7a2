import { availableParallelism } from 'node:os';
import { loadCodecs } from '../codec/index.js';
import { createHandlers } from './handlers.js';
import { createInlineLane } from './inline-lane.js';
import type { Lane } from './lane.js';
import { createThreadLane } from './thread-lane.js';

/** The workers that read, cut, identify, compress and seal, and that open again. */
export interface Engine {
  readonly lanes: readonly Lane[];
  close(): Promise<void>;
}

/**
 * `threads` 0 gives the inline engine: one lane in the calling thread. Otherwise that many workers, started when first
 * used; the default is one a core, at most four.
 */
export async function createEngine(options: { readonly threads?: number } = {}): Promise<Engine> {
  const threads = options.threads ?? Math.min(4, Math.max(1, availableParallelism()));
  const lanes: Lane[] = [];
  if (threads === 0) {
    await loadCodecs();
    const { handlers, dispose } = createHandlers();
    lanes.push(createInlineLane(0, handlers, dispose));
  }
  for (let index = 0; index < threads; index++) lanes.push(createThreadLane(index));
  return {
    lanes,
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}
