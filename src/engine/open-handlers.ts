import type { Handlers } from './lane.js';

/** The calls of a lane that read packs back. */
export function createOpenHandlers(): { handlers: Handlers; dispose(): void } {
  return { handlers: {}, dispose() {} };
}
