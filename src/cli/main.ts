#!/usr/bin/env -S node --max-semi-space-size=2
import { systemClock, systemRandom } from '../base/index.js';
import { readCliEnvironment } from './environment.js';
import { runCommandLine } from './run.js';

const CANCELLED_EXIT = 130;
const stop = new AbortController();

/** The first signal asks the command to stop and clean up; a second one does not wait for that. */
function onSignal(): void {
  if (stop.signal.aborted) process.exit(CANCELLED_EXIT);
  stop.abort();
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);

/** A reader that goes away (`bitacora list … | head`) is no error; the command's work and its exit code stand. */
function untilReaderLeaves(stream: NodeJS.WriteStream, left: () => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    left();
  });
}
untilReaderLeaves(process.stderr, () => {});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: readCliEnvironment(),
  clock: systemClock,
  random: systemRandom,
  signal: stop.signal,
  onOutput: (output) => untilReaderLeaves(process.stdout, () => output.close()),
});
