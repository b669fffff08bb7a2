import { constants, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Test, test } from 'tap';
import { utf8 } from '../../src/base/index.js';
import type { DirectoryListing } from '../../src/posix/directory-listing.js';
import { FileStat } from '../../src/posix/file-stat.js';
import { nativeCalls } from '../../src/posix/native/native-calls.js';
import { plainCalls } from '../../src/posix/plain/plain-calls.js';
import { runSteps } from '../../src/posix/steps.js';
import type { SystemCalls } from '../../src/posix/system-calls.js';

export const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;
const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;

export interface Place {
  readonly calls: SystemCalls;
  /** An open, empty directory, removed with all it holds at the end. */
  readonly root: number;
  readonly path: string;
}

/** Runs one test through the C library, where it is there, and once more in plain Node. */
export function bothWays(subject: string, body: (t: Test, place: Place) => void | Promise<void>): void {
  const native = nativeCalls();
  const ways: [string, SystemCalls][] = [['plain Node', plainCalls]];
  if (native !== undefined) ways.unshift(['the C library', native]);
  for (const [way, calls] of ways) {
    test(`${subject} (${way})`, async (t) => {
      const path = mkdtempSync(join(tmpdir(), 'bitacora-posix-'));
      const root = calls.openPath(utf8(path), DIRECTORY, 0);
      try {
        await body(t, { calls, root, path });
      } finally {
        removeContent(calls, root);
        calls.closeFd(root);
        const parent = calls.openPath(utf8(tmpdir()), DIRECTORY, 0);
        calls.rmdirAt(parent, utf8(path.slice(path.lastIndexOf('/') + 1)));
        calls.closeFd(parent);
      }
    });
  }
}

/** All entries of an open directory. */
export function listed(calls: SystemCalls, directory: number): DirectoryListing {
  return runSteps(calls.directoryInSteps(directory));
}

/** Works at any depth, where paths are longer than the kernel takes. */
function removeContent(calls: SystemCalls, directory: number): void {
  const stat = new FileStat();
  const listing = listed(calls, directory);
  for (let i = 0; i < listing.length; i++) {
    const name = listing.name(i);
    if (!calls.statAt(directory, name, stat).isDirectory) {
      calls.unlinkAt(directory, name);
      continue;
    }
    const child = calls.openFileAt(directory, name, DIRECTORY, 0);
    removeContent(calls, child);
    calls.closeFd(child);
    calls.rmdirAt(directory, name);
  }
}

export function makeFile({ calls }: Place, directory: number, name: Uint8Array): void {
  calls.closeFd(calls.openFileAt(directory, name, CREATE, 0o600));
}

/** The `code` of the error that `call` throws, or 'none'. */
export function codeOf(call: () => unknown): unknown {
  try {
    call();
    return 'none';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
