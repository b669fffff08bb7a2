import type { Random } from '../base/index.js';
import type { Handlers } from './lane.js';
import { createOpenHandlers } from './open-handlers.js';
import { createScanHandlers } from './scan-handlers.js';
import { createWriteHandlers } from './write-handlers.js';

/** All calls of one lane, with state of their own. `random` is for tests that compare packs byte by byte. */
export function createHandlers(random?: Random): { handlers: Handlers; dispose: () => Promise<void> } {
  const write = createWriteHandlers(random);
  const open = createOpenHandlers();
  return {
    handlers: { ...write.handlers, ...open.handlers, ...createScanHandlers() },
    dispose: async () => {
      await write.dispose();
      open.dispose();
    },
  };
}
