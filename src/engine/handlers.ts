import type { Handlers } from './lane.js';
import { createOpenHandlers } from './open-handlers.js';
import { createWriteHandlers } from './write-handlers.js';

/** All calls of one lane, with state of their own. */
export function createHandlers(): { handlers: Handlers; dispose: () => void } {
  const write = createWriteHandlers();
  const open = createOpenHandlers();
  return {
    handlers: { ...write.handlers, ...open.handlers },
    dispose: () => {
      write.dispose();
      open.dispose();
    },
  };
}
