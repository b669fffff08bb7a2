import { asBuffer } from '../base/index.js';
import { closeFd, type DirectoryListing, openFileAt, readAt } from '../posix/index.js';

const IGNORE_FILE = Buffer.from('.bitacoraignore');
const IGNORE_BYTES_MOST = 1 << 20;
const CACHE_TAG = Buffer.from('CACHEDIR.TAG');
const CACHE_SIGNATURE = Buffer.from('Signature: 8a477f597d28d172789f06886806bc55');

/** The name of the file with a directory's own rules. */
export const IGNORE_FILE_NAME: Uint8Array = IGNORE_FILE;

/** The text of the directory's own rules, if it has any. Throws the system's error where they cannot be read. */
export function ownRules(fd: number, listing: DirectoryListing): string | undefined {
  if (!has(listing, IGNORE_FILE)) return undefined;
  return readSmall(fd, IGNORE_FILE, IGNORE_BYTES_MOST).toString('utf8');
}

/** Whether the directory says that it is a cache: https://bford.info/cachedir/ */
export function isCache(fd: number, listing: DirectoryListing): boolean {
  if (!has(listing, CACHE_TAG)) return false;
  try {
    return readSmall(fd, CACHE_TAG, CACHE_SIGNATURE.length).equals(CACHE_SIGNATURE);
  } catch {
    // A tag that cannot be read marks nothing; its own entry will report why.
    return false;
  }
}

export function isCacheTag(name: Uint8Array): boolean {
  return CACHE_TAG.equals(name);
}

/** Whether a listing, which is sorted, holds a name. */
function has(listing: DirectoryListing, wanted: Buffer): boolean {
  let low = 0;
  let high = listing.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = wanted.compare(listing.name(middle));
    if (order === 0) return true;
    if (order > 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

function readSmall(dirfd: number, name: Uint8Array, most: number): Buffer {
  // Blocking on a fifo that stands there instead would stop the walk; O_NONBLOCK is 0o4000.
  const fd = openFileAt(dirfd, name, 0o4000);
  try {
    const bytes = Buffer.alloc(most);
    return asBuffer(bytes.subarray(0, readAt(fd, bytes, 0)));
  } finally {
    closeFd(fd);
  }
}
