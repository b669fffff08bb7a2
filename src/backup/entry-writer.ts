/** Where a directory's entries go, in order; `DirectoryWriter` is one. */
export interface EntryWriter {
  add(bytes: Uint8Array, start: number, end: number, nameStart: number, fixed: number): void;
  finish(): Uint8Array;
}
