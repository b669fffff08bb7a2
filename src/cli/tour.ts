import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { errnoCode } from '../base/index.js';
import { TourStopped } from './tour/runner.js';
import { takeTour } from './tour/steps.js';

/** `npm start [-- DIR]`: a backup and a restore of DIR, or of a sample, with every command shown. Leaves nothing behind. */
async function main(given: string | undefined): Promise<number> {
  const source = given === undefined ? undefined : resolve(given);
  if (source !== undefined && !isDirectory(source)) {
    process.stderr.write(`bitacora: "${source}" is not a directory. Run: npm start -- DIR\n`);
    return 66;
  }
  // 0700 by mkdtemp: the tour's key lies in it.
  const place = mkdtempSync(join(tmpdir(), 'bitacora-tour-'));
  try {
    await takeTour(place, source);
    return 0;
  } catch (error) {
    if (!(error instanceof TourStopped)) throw error;
    process.stderr.write(`bitacora: the tour stopped: ${error.message}\n`);
    return error.exitCode;
  } finally {
    rmSync(place, { recursive: true, force: true });
    process.stdout.write(`Removed ${place} and all that was in it.\n`);
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return false;
  }
}

// The command that runs gets the signal too, ends by itself, and the tour then cleans up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.exitCode = await main(process.argv[2]);
