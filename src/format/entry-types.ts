/** Entry types, docs/format.md §9. */
export const ENTRY_TYPES = {
  file: 1,
  directory: 2,
  symlink: 3,
  fifo: 4,
  charDevice: 5,
  blockDevice: 6,
  socket: 7,
  /** A scope of records: only in a manifest. */
  records: 8,
} as const;
export type EntryType = (typeof ENTRY_TYPES)[keyof typeof ENTRY_TYPES];

/** Directories below a scope's root that lie inside each other, docs/format.md §9. */
export const TREE_DEPTH_MAX = 4096;

/** Entry flags, docs/format.md §9; a bit set. */
export const ENTRY_FLAGS = { stale: 1, racy: 2, unread: 4, xattrs: 8, linkGroup: 16, largeClass: 32 } as const;

export interface ExtendedAttribute {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** A run of a file's bytes: a chunk, or a hole where `id` is undefined. */
export interface ContentItem {
  readonly length: number;
  readonly id: Uint8Array | undefined;
}

export type EntryContent =
  | { readonly form: 'none' }
  | { readonly form: 'chunk'; readonly id: Uint8Array }
  | { readonly form: 'items'; readonly items: readonly ContentItem[] }
  | { readonly form: 'list'; readonly id: Uint8Array }
  | { readonly form: 'directory'; readonly id: Uint8Array }
  | { readonly form: 'link'; readonly target: Uint8Array }
  | { readonly form: 'device'; readonly major: number; readonly minor: number };

/** What `stat` tells of an entry, in the units of docs/format.md §9. */
export interface EntryStat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  readonly ctimeSec: number;
  readonly ctimeNsec: number;
  readonly inode: bigint;
  readonly size: number;
}

/** One entry of a directory node. `name` is bytes, empty only for a scope's root in a manifest. */
export interface TreeEntry extends EntryStat {
  readonly name: Uint8Array;
  readonly type: EntryType;
  readonly flags: number;
  /** Device of the file system; meaningful only with the linkGroup flag, else 0n. */
  readonly device: bigint;
  readonly xattrs: readonly ExtendedAttribute[];
  readonly content: EntryContent;
}
