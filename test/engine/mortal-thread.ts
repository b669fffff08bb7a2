import { parentPort } from 'node:worker_threads';
import { createHandlers } from '../../src/engine/handlers.js';
import { serve } from '../../src/engine/serve.js';

/** A worker like any other that can be told to die. */
if (!parentPort) throw new TypeError('This file runs only as a worker thread.');
serve(parentPort, { ...createHandlers().handlers, 'test.die': () => process.exit(3) });
