/** The system calls that Node lacks, on names as bytes and relative to open directories, with plain Node to fall back on. */
export {
  chmodAt,
  chmodFd,
  chownAt,
  chownFd,
  linkAt,
  mkdirAt,
  mknodAt,
  removeXattrAt,
  removeXattrFd,
  renameAt,
  renameNoReplaceAt,
  rmdirAt,
  setTimesAt,
  setTimesFd,
  setXattrAt,
  setXattrFd,
  symlinkAt,
  syncFileSystem,
  tryLock,
  unlinkAt,
} from './changing.js';
export { ENTRY_TYPE, O_PATH } from './constants.js';
export { creationMask } from './creation-mask.js';
export { DirectoryListing } from './directory-listing.js';
export { type SystemError, systemError } from './errors.js';
export { FileStat } from './file-stat.js';
export { leaveWithoutSync } from './leave.js';
export { type OwnerNames, ownerNames } from './owner-names.js';
export {
  capabilities,
  closeFd,
  dataRanges,
  listDirectory,
  listXattrsAt,
  listXattrsFd,
  openBeneath,
  openDirectory,
  openDirectoryAt,
  openFileAt,
  readAt,
  readDirectory,
  readLinkAt,
  statAt,
  statFd,
} from './reading.js';
export { listeningSocket, peerCredentials, sendDatagram } from './sockets.js';
export type { Capabilities, DataRange, ListeningSocket, LockOutcome, PeerCredentials, Xattr } from './system-calls.js';
