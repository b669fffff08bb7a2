import {
  closeFd,
  type DirectoryListing,
  listXattrsFd,
  type OwnerNames,
  openDirectoryAt,
  readDirectory,
} from '../posix/index.js';
import { DirectoryWriter, type NodeSink } from '../snapshot/index.js';

/** A subdirectory as the walk enters it. */
export interface ListedDirectory {
  readonly fd: number;
  readonly listing: DirectoryListing;
  readonly xattrs: ReturnType<typeof listXattrsFd>;
}

/** Opens and lists a subdirectory; whatever prevents it is the source's. */
export function openListed(dirfd: number, name: Uint8Array): ListedDirectory | { readonly error: unknown } {
  let fd: number | undefined;
  try {
    fd = openDirectoryAt(dirfd, name);
    return { fd, xattrs: listXattrsFd(fd), listing: readDirectory(fd) };
  } catch (error) {
    if (fd !== undefined) closeFd(fd);
    return { error };
  }
}

/** The content of a directory that nothing is known of. */
export function emptyDirectory(sink: NodeSink, owners: OwnerNames): { form: 'directory'; id: Uint8Array } {
  return { form: 'directory', id: new DirectoryWriter(sink, owners).finish() };
}
