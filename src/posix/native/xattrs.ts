import { constants } from 'node:os';
import { compareBytes } from '../../base/index.js';
import { systemError } from '../errors.js';
import { pathBuffer, procPath, terminateBytes } from '../names.js';
import type { SystemCalls, Xattr } from '../system-calls.js';
import { bind, checked, type LibcFunction, lastErrno } from './libc.js';

const path = pathBuffer();
const attributeName = pathBuffer();
const bound = new Map<string, LibcFunction>();

const PATH_OR_FD = { f: 'int', l: 'const void*' } as const;
const ARGUMENTS = {
  listxattr: 'void*, ulong',
  getxattr: 'const void*, void*, ulong',
  setxattr: 'const void*, const void*, ulong, int',
  removexattr: 'const void*',
} as const;

/** `f` takes a descriptor, `l` a path whose last link is not followed. */
function xattrCall(prefix: 'f' | 'l', call: keyof typeof ARGUMENTS): LibcFunction {
  const name = prefix + call;
  let found = bound.get(name);
  if (found === undefined) {
    found = bind(`long ${name}(${PATH_OR_FD[prefix]}, ${ARGUMENTS[call]})`);
    bound.set(name, found);
  }
  return found;
}

function pathTo(dirfd: number, name: Uint8Array, syscall: string): Uint8Array {
  return terminateBytes(procPath(dirfd, name, syscall), path, syscall);
}

/** The kernel's own limits: a list and a value have at most 64 KiB each, so one call is always enough. */
const list = new Uint8Array(64 * 1024);
const value = new Uint8Array(64 * 1024);

export const nativeXattrs = {
  listXattrsFd: (fd) => listXattrs('f', fd, undefined),
  listXattrsAt: (dirfd, name) => listXattrs('l', pathTo(dirfd, name, 'llistxattr'), name),

  setXattrFd(fd, attribute, bytes) {
    terminateBytes(attribute, attributeName, 'fsetxattr');
    checked(xattrCall('f', 'setxattr')(fd, attributeName, bytes, bytes.length, 0), 'fsetxattr', attribute);
  },

  setXattrAt(dirfd, name, attribute, bytes) {
    terminateBytes(attribute, attributeName, 'lsetxattr');
    const target = pathTo(dirfd, name, 'lsetxattr');
    checked(xattrCall('l', 'setxattr')(target, attributeName, bytes, bytes.length, 0), 'lsetxattr', name);
  },

  removeXattrFd(fd, attribute) {
    terminateBytes(attribute, attributeName, 'fremovexattr');
    checked(xattrCall('f', 'removexattr')(fd, attributeName), 'fremovexattr', attribute);
  },

  removeXattrAt(dirfd, name, attribute) {
    terminateBytes(attribute, attributeName, 'lremovexattr');
    const target = pathTo(dirfd, name, 'lremovexattr');
    checked(xattrCall('l', 'removexattr')(target, attributeName), 'lremovexattr', name);
  },
} satisfies Partial<SystemCalls>;

function listXattrs(prefix: 'f' | 'l', where: number | Uint8Array, name: Uint8Array | undefined): Xattr[] {
  const listed = xattrCall(prefix, 'listxattr')(where, list, list.length);
  if (listed === 0) return [];
  if (listed < 0) {
    const errno = lastErrno();
    if (errno === constants.errno.ENOTSUP || errno === constants.errno.ENOSYS) return [];
    throw systemError(errno, `${prefix}listxattr`, name);
  }
  const found: Xattr[] = [];
  for (let start = 0; start < listed; ) {
    const end = list.indexOf(0, start);
    const attribute = list.slice(start, end);
    start = end + 1;
    terminateBytes(attribute, attributeName, `${prefix}getxattr`);
    const length = xattrCall(prefix, 'getxattr')(where, attributeName, value, value.length);
    if (length >= 0) found.push({ name: attribute, value: value.slice(0, length) });
    // Removed since it was listed.
    else if (lastErrno() !== constants.errno.ENODATA) throw systemError(lastErrno(), `${prefix}getxattr`, name);
  }
  return found.sort((a, b) => compareBytes(a.name, b.name));
}
