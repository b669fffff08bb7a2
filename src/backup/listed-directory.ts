import {
  closeFd,
  type DirectoryListing,
  listDirectory,
  listXattrsFd,
  type OwnerNames,
  openDirectoryAt,
} from '../posix/index.js';
import { DirectoryWriter, type NodeSink } from '../snapshot/index.js';

/** A subdirectory as the walk enters it. */
export interface ListedDirectory {
  readonly fd: number;
  readonly listing: DirectoryListing;
  readonly xattrs: ReturnType<typeof listXattrsFd>;
}

export type Listed = ListedDirectory | { readonly error: unknown };

/** Opens and lists a subdirectory; whatever prevents it is the source's. A promise only where it is huge. */
export function openListed(dirfd: number, name: Uint8Array): Listed | Promise<Listed> {
  let fd: number | undefined;
  const failed = (error: unknown): Listed => {
    if (fd !== undefined) closeFd(fd);
    return { error };
  };
  try {
    const opened = openDirectoryAt(dirfd, name);
    fd = opened;
    const xattrs = listXattrsFd(opened);
    const listing = listDirectory(opened);
    if (!(listing instanceof Promise)) return { fd: opened, xattrs, listing };
    return listing.then((entries) => ({ fd: opened, xattrs, listing: entries }), failed);
  } catch (error) {
    return failed(error);
  }
}

/** The content of a directory that nothing is known of. */
export function emptyDirectory(sink: NodeSink, owners: OwnerNames): { form: 'directory'; id: Uint8Array } {
  return { form: 'directory', id: new DirectoryWriter(sink, owners).finish() };
}
