import { parentPort } from 'node:worker_threads';
import { createHandlers } from '../../src/engine/handlers.js';
import { serve } from '../../src/engine/serve.js';
import { countingRandom } from './write-fixture.js';

/** A worker like any other, but for its randomness. */
if (!parentPort) throw new TypeError('This file runs only as a worker thread.');
serve(parentPort, createHandlers(countingRandom()).handlers);
