import { parentPort } from 'node:worker_threads';
import { createHandlers } from './handlers.js';
import { serve } from './serve.js';

/** The entry of an engine worker: waits for calls and answers them. */
if (!parentPort) throw new TypeError('This file runs only as a worker thread.');
serve(parentPort, createHandlers().handlers);
