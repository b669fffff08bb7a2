import type { DirectoryListing } from './directory-listing.js';
import type { FileStat } from './file-stat.js';
import type { Steps } from './steps.js';

/** What the way in use keeps. Where something is false, a backup or a restore has to say what it loses. */
export interface Capabilities {
  /** The C library is called directly. */
  readonly nativeCalls: boolean;
  /** Times are written to the nanosecond; without, to about a microsecond. Reading is always exact. */
  readonly exactTimes: boolean;
  /** Extended attributes, POSIX ACLs with them, are read and written. */
  readonly xattrs: boolean;
  /** Holes of sparse files are seen. */
  readonly holes: boolean;
  /** Fifos, sockets and device nodes can be made. */
  readonly specialFiles: boolean;
  /** The kernel resolves paths beneath a root in one call (`openat2`); without, step by step, as safely. */
  readonly beneath: boolean;
  /** `tryLock` can hold a kernel lock. */
  readonly kernelLock: boolean;
}

export interface Xattr {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

export interface DataRange {
  readonly offset: number;
  readonly length: number;
}

export interface Owner {
  readonly id: number;
  readonly name: string;
}

export type LockOutcome = 'locked' | 'busy' | 'unsupported';

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A socket that waits for connections, and where: a path (empty for a name of the abstract kind), or an address and a port. */
export type ListeningSocket =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** The calls that exist in two ways, through the C library and in plain Node. The door's functions say what each does. */
export interface SystemCalls {
  capabilities(): Capabilities;
  openPath(path: Uint8Array, flags: number, mode: number): number;
  openFileAt(dirfd: number, name: Uint8Array, flags: number, mode: number): number;
  openBeneath(rootFd: number, relative: Uint8Array, flags: number, mode: number): number;
  closeFd(fd: number): void;
  readAt(fd: number, into: Uint8Array, position: number): number;
  /** In steps, none of which takes more than some milliseconds. */
  directoryInSteps(fd: number): Steps<DirectoryListing>;
  statAt(dirfd: number, name: Uint8Array, into: FileStat): FileStat;
  statFd(fd: number, into: FileStat): FileStat;
  readLinkAt(dirfd: number, name: Uint8Array): Uint8Array;
  dataRanges(fd: number, size: number): Iterable<DataRange>;
  listXattrsFd(fd: number): Xattr[];
  listXattrsAt(dirfd: number, name: Uint8Array): Xattr[];
  setXattrFd(fd: number, attribute: Uint8Array, value: Uint8Array): void;
  setXattrAt(dirfd: number, name: Uint8Array, attribute: Uint8Array, value: Uint8Array): void;
  removeXattrFd(fd: number, attribute: Uint8Array): void;
  removeXattrAt(dirfd: number, name: Uint8Array, attribute: Uint8Array): void;
  setTimesFd(fd: number, sec: number, nsec: number): void;
  setTimesAt(dirfd: number, name: Uint8Array, sec: number, nsec: number): void;
  chownFd(fd: number, uid: number, gid: number): void;
  chownAt(dirfd: number, name: Uint8Array, uid: number, gid: number): void;
  chmodFd(fd: number, mode: number): void;
  chmodAt(dirfd: number, name: Uint8Array, mode: number): void;
  mkdirAt(dirfd: number, name: Uint8Array, mode: number): void;
  symlinkAt(target: Uint8Array, dirfd: number, name: Uint8Array): void;
  linkAt(fromDirfd: number, from: Uint8Array, toDirfd: number, to: Uint8Array): void;
  renameAt(fromDirfd: number, from: Uint8Array, toDirfd: number, to: Uint8Array): void;
  renameNoReplaceAt(fromDirfd: number, from: Uint8Array, toDirfd: number, to: Uint8Array): void;
  unlinkAt(dirfd: number, name: Uint8Array): void;
  rmdirAt(dirfd: number, name: Uint8Array): void;
  mknodAt(dirfd: number, name: Uint8Array, mode: number, major: number, minor: number): void;
  syncFileSystem(fd: number): Promise<void>;
  tryLock(fd: number): LockOutcome;
  /** False where it cannot be sent so. */
  sendDatagram(address: Uint8Array, payload: Uint8Array): boolean;
  /** Undefined where it cannot be told. */
  peerCredentials(fd: number): PeerCredentials | undefined;
  /** Undefined where there is no such socket. False where it cannot be told. */
  listeningSocket(fd: number): ListeningSocket | undefined | false;
  findOwner(kind: 'user' | 'group', wanted: number | Uint8Array): Owner | undefined;
}

export type OpeningCalls = Pick<SystemCalls, 'openPath' | 'openFileAt' | 'openBeneath' | 'closeFd' | 'readAt'>;
