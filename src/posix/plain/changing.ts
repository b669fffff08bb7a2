import { spawn, spawnSync } from 'node:child_process';
import {
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { constants } from 'node:os';
import { asBuffer } from '../../base/index.js';
import { chmodThroughProc } from '../chmod-through-proc.js';
import { systemTool } from '../environment.js';
import { named, systemError } from '../errors.js';
import { pathBuffer, procPath, terminateBytes } from '../names.js';
import { renameWithoutReplacing } from '../rename-without-replacing.js';
import type { SystemCalls } from '../system-calls.js';
import { plainOpening } from './opening.js';
import { plainReading } from './reading.js';

const target = pathBuffer();

export const plainChanging = {
  setXattrFd: (_fd, attribute) => refuse('fsetxattr', attribute),
  setXattrAt: (_dirfd, name) => refuse('lsetxattr', name),
  removeXattrFd: (_fd, attribute) => refuse('fremovexattr', attribute),
  removeXattrAt: (_dirfd, name) => refuse('lremovexattr', name),

  setTimesFd(fd, sec, nsec) {
    const time = timeText(sec, nsec);
    // Node has no way to leave the time of the last access alone.
    futimesSync(fd, time, time);
  },

  setTimesAt(dirfd, name, sec, nsec) {
    const path = procPath(dirfd, name, 'utimensat');
    const time = timeText(sec, nsec);
    named('utimensat', name, () => lutimesSync(path, time, time));
  },

  chownFd: (fd, uid, gid) => fchownSync(fd, uid, gid),
  chmodFd: (fd, mode) => fchmodSync(fd, mode),

  chownAt(dirfd, name, uid, gid) {
    const path = procPath(dirfd, name, 'fchownat');
    named('fchownat', name, () => lchownSync(path, uid, gid));
  },

  chmodAt: (dirfd, name, mode) => chmodThroughProc(plainOpening, plainReading, dirfd, name, mode),

  mkdirAt(dirfd, name, mode) {
    const path = procPath(dirfd, name, 'mkdirat');
    named('mkdirat', name, () => mkdirSync(path, mode));
  },

  symlinkAt(to, dirfd, name) {
    const path = procPath(dirfd, name, 'symlinkat');
    terminateBytes(to, target, 'symlinkat');
    named('symlinkat', name, () => symlinkSync(asBuffer(to), path));
  },

  linkAt(fromDirfd, from, toDirfd, to) {
    const [existing, path] = [procPath(fromDirfd, from, 'linkat'), procPath(toDirfd, to, 'linkat')];
    named('linkat', to, () => linkSync(existing, path));
  },

  renameAt(fromDirfd, from, toDirfd, to) {
    const [existing, path] = [procPath(fromDirfd, from, 'renameat'), procPath(toDirfd, to, 'renameat')];
    named('renameat', to, () => renameSync(existing, path));
  },

  renameNoReplaceAt: (fromDirfd, from, toDirfd, to) =>
    renameWithoutReplacing({ ...plainReading, ...plainChanging }, fromDirfd, from, toDirfd, to),

  unlinkAt(dirfd, name) {
    const path = procPath(dirfd, name, 'unlinkat');
    named('unlinkat', name, () => unlinkSync(path));
  },

  rmdirAt(dirfd, name) {
    const path = procPath(dirfd, name, 'unlinkat');
    named('unlinkat', name, () => rmdirSync(path));
  },

  mknodAt(_dirfd, name) {
    throw systemError(constants.errno.ENOSYS, 'mknodat', name);
  },

  async syncFileSystem(fd) {
    const status = await waitForTool('sync', ['-f', '/proc/self/fd/3'], fd);
    if (status !== 0) throw systemError(status === null ? constants.errno.ENOSYS : constants.errno.EIO, 'syncfs');
  },

  tryLock(fd) {
    // The lock belongs to the open file that both processes share, so it outlives the tool.
    const status = runTool('flock', ['-x', '-n', '3'], fd);
    if (status === 0) return 'locked';
    return status === 1 ? 'busy' : 'unsupported';
  },
} satisfies Partial<SystemCalls>;

/** As text, since Node takes a negative number for the present; about a microsecond exact. */
function timeText(sec: number, nsec: number): string {
  return String(sec + nsec / 1e9);
}

function refuse(syscall: string, name: Uint8Array): never {
  throw systemError(constants.errno.ENOTSUP, syscall, name);
}

/** Runs a tool with `fd` as its descriptor 3. The exit status, or null where there is no such tool or it was killed. */
function runTool(name: string, args: readonly string[], fd: number): number | null {
  const tool = systemTool(name);
  return tool === undefined ? null : spawnSync(tool, args, { stdio: ['ignore', 'ignore', 'ignore', fd] }).status;
}

/** The same without keeping the thread. */
async function waitForTool(name: string, args: readonly string[], fd: number): Promise<number | null> {
  const tool = systemTool(name);
  if (tool === undefined) return null;
  return new Promise((resolve) => {
    const child = spawn(tool, args, { stdio: ['ignore', 'ignore', 'ignore', fd] });
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
}
