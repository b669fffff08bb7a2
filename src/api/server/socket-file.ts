import { chmodSync, chownSync, closeSync, mkdirSync, openSync, statSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { BitacoraError, errnoCode } from '../../base/index.js';
import { ownerNames, tryLock } from '../../posix/index.js';

/** `sun_path` without its last octet. */
const PATH_BYTES_MAX = 107;

/** A socket that this process listens on. */
export interface SocketFile {
  /** Removes it; `onLeft` is told why it stays where it cannot be removed. */
  release(onLeft: (error: unknown) => void): void;
}

export interface SocketOptions {
  /** Who may use it besides its owner and root; a name or a number. */
  readonly group?: string | undefined;
  /** A socket that somebody else made, who also removes it. */
  readonly fd?: number | undefined;
}

/**
 * Listens on a Unix socket with mode 0600, or 0660 for a group, in a directory that is made where there is none, for the same. A
 * socket that an earlier process left is replaced; one where somebody answers is not.
 *
 * @throws {BitacoraError} `CONFIG` with what to change.
 */
export async function listenOn(server: Server, path: string, { group, fd }: SocketOptions = {}): Promise<SocketFile> {
  if (fd !== undefined) {
    await listen(server, path, { fd });
    return { release: () => {} };
  }
  const gid = group === undefined ? undefined : groupId(path, group);
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    throw wrong(path, `its path is ${Buffer.byteLength(path)} bytes long, and the system allows ${PATH_BYTES_MAX}`);
  }
  prepareDirectory(path, gid);
  const lock = lockBeside(path);
  try {
    if (await isAnswered(path)) throw wrong(path, 'another program answers there');
    removeStale(path);
    await listen(server, path, { gid });
  } catch (error) {
    closeSync(lock);
    throw error;
  }
  return {
    release: (onLeft) => {
      // Closing the server removes it, too; by then it may be another process's.
      try {
        unlinkSync(path);
      } catch (error) {
        // The next process replaces it; what was done until now is no less done.
        if (errnoCode(error) !== 'ENOENT') onLeft(error);
      } finally {
        closeSync(lock);
      }
    },
  };
}

function groupId(path: string, group: string): number {
  const id = /^[0-9]{1,9}$/.test(group) ? Number(group) : ownerNames().gid(group);
  if (id !== undefined) return id;
  throw wrong(path, `there is no group "${group}", which \`[api.socket] group\` names`);
}

function prepareDirectory(path: string, gid: number | undefined): void {
  const directory = dirname(path);
  try {
    const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (made !== undefined && gid !== undefined) {
      chownSync(directory, process.geteuid?.() ?? -1, gid);
      chmodSync(directory, 0o710);
    }
    const { mode, uid, gid: owning } = statSync(directory);
    if (gid !== undefined && (mode & 0o001) === 0 && (owning !== gid || (mode & 0o010) === 0)) {
      throw wrong(path, `the group ${gid} cannot enter "${directory}"`);
    }
    // Whoever may write there could put a socket of their own in its place.
    if ((mode & 0o022) !== 0) throw wrong(path, `others may write into "${directory}"`);
    if (uid !== 0 && uid !== process.geteuid?.()) throw wrong(path, `"${directory}" belongs to somebody else`);
  } catch (error) {
    if (error instanceof BitacoraError) throw error;
    throw wrong(path, `"${directory}" cannot be used (${errnoCode(error) ?? String(error)})`, error);
  }
}

/** Keeps two processes from replacing each other's socket at the same moment. */
function lockBeside(path: string): number {
  let fd: number;
  try {
    fd = openSync(`${path}.lock`, 'a', 0o600);
  } catch (error) {
    throw wrong(path, `"${path}.lock" cannot be made (${errnoCode(error) ?? String(error)})`, error);
  }
  if (tryLock(fd) !== 'busy') return fd;
  closeSync(fd);
  throw wrong(path, 'another daemon listens there');
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      const errno = errnoCode(error);
      if (errno === 'ENOENT' || errno === 'ECONNREFUSED') resolve(false);
      // What is there is no socket, or one that is not ours to judge: it stays.
      else reject(wrong(path, `something else is there (${errno ?? String(error)})`, error));
    });
  });
}

function removeStale(path: string): void {
  try {
    if (!statSync(path).isSocket()) throw wrong(path, 'a file that is no socket is there');
    unlinkSync(path);
  } catch (error) {
    if (error instanceof BitacoraError) throw error;
    const errno = errnoCode(error);
    if (errno !== 'ENOENT') throw wrong(path, `what is there cannot be replaced (${errno ?? String(error)})`, error);
  }
}

function listen(
  server: Server,
  path: string,
  { fd, gid }: { readonly fd?: number; readonly gid?: number | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(wrong(path, errnoCode(error) ?? String(error), error)));
    // Bound before `listen` returns, so nobody else's files are made under this mask.
    const mask = process.umask(0o177);
    try {
      server.listen(fd === undefined ? { path } : { fd }, resolve);
      if (gid !== undefined) {
        chownSync(path, process.geteuid?.() ?? -1, gid);
        chmodSync(path, 0o660);
      }
    } catch (error) {
      reject(wrong(path, errnoCode(error) ?? String(error), error));
    } finally {
      process.umask(mask);
    }
  });
}

function wrong(path: string, why: string, cause?: unknown): BitacoraError {
  return new BitacoraError('CONFIG', `Cannot listen on the socket "${path}": ${why}. Choose another with --socket.`, {
    cause,
    details: { socket: path },
  });
}
