#!/usr/bin/env -S UV_THREADPOOL_SIZE=16 node --max-semi-space-size=2
import { systemClock, systemRandom } from '../base/index.js';
import { leaveWithoutSync } from '../posix/index.js';
import { readCliEnvironment } from './environment.js';
import { runCommandLine } from './run.js';

const CANCELLED_EXIT = 130;
const stop = new AbortController();

/** The first signal asks the command to stop and clean up; a second one does not wait for that. */
function onSignal(): void {
  if (stop.signal.aborted) process.exit(CANCELLED_EXIT);
  stop.abort();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);

/** What a hangup means: an end, unless the command has another use for it. */
let onHangup = onSignal;
process.on('SIGHUP', () => onHangup());

const CANNOT_CREATE_EXIT = 73;
let outputFailed = false;

/** A reader that goes away (`bitacora list … | head`) is no error; the command's work and its exit code stand. */
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** An answer that cannot be written, as on a full disk, is none. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`bitacora: Cannot write to standard output: ${error.message}\n`);
  outputFailed = true;
}

// Whatever is written is written by now, and what was opened is closed.
process.on('exit', (code) => {
  process.exitCode = code || (outputFailed ? CANNOT_CREATE_EXIT : 0);
  leaveWithoutSync(process.exitCode);
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: readCliEnvironment(),
  clock: systemClock,
  random: systemRandom,
  signal: stop.signal,
  onHangup: (listener) => {
    onHangup = listener;
  },
  onOutput: (output) =>
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (!output.closed) onOutputError(error);
      output.close();
    }),
});
