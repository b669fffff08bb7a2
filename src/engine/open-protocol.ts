import type { OpenSecrets } from './open-secrets.js';

/** The keys are the worker's from here on: it wipes them. */
export interface OpenSecretsCall extends OpenSecrets {
  readonly session: number;
}

/** Numbers a frame has in `RangeCall.frames`; offsets count from the start of the pack. */
export const FRAME_FIELDS = { number: 0, offset: 1, length: 2, count: 3 } as const;
/** Numbers a chunk has in `RangeCall.wants`: index into `frames`, position in the frame, how many destinations follow. */
export const WANT_FIELDS = { frame: 0, position: 1, destinations: 2, count: 3 } as const;
/** Numbers a destination has in `RangeCall.destinations`: index into `files`, offset there, length the file's tree claims. */
export const DESTINATION_FIELDS = { file: 0, offset: 1, length: 2, count: 3 } as const;

/** Files and the directories they lie in, packed by `FileBatch`. */
export interface PackedFiles {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly directories: Uint8Array;
}

/**
 * One joined range of one pack, and what to write from it. `wants` rise by frame; each has a 32-byte id in `ids` and its
 * destinations in `destinations`. Paths are relative to the directory open as `root`, a descriptor of this process.
 */
export interface RangeCall {
  readonly session: number;
  readonly root: number;
  readonly pack: string;
  /** Bytes: the range itself. Undefined: there is nothing to read, only files to make or finish. */
  readonly source: { readonly path: string } | { readonly bytes: Uint8Array } | undefined;
  readonly header: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly frames: Float64Array;
  readonly wants: Uint32Array;
  readonly ids: Uint8Array;
  readonly destinations: Float64Array;
  readonly files: PackedFiles;
}

/** What went wrong with one file of a call; `code` is a `BitacoraError` code or the system's. */
export interface FileProblem {
  readonly file: number;
  readonly code: string;
  readonly message: string;
}

export interface RangeResult {
  /** Files that are not there, or not whole, and were removed where this call had made them. */
  readonly failures: readonly FileProblem[];
  /** Files that are there but lack something, such as an attribute. */
  readonly warnings: readonly FileProblem[];
  readonly bytesWritten: number;
}

/**
 * Frames of one pack to open, and all their chunks' ids to recompute. Bytes: those of the pack from `offset` on, which hold the
 * frames asked for. A path: the whole pack, of which the hash is wanted as well.
 */
export interface ScanCall {
  readonly session: number;
  readonly pack: string;
  readonly source: { readonly path: string; readonly length: number } | { readonly bytes: Uint8Array };
  readonly header: Uint8Array;
  readonly offset: number;
  /** As in `RangeCall`; rising. */
  readonly frames: Float64Array;
  /** The kind of each frame and its number of chunks, as the footer has them. */
  readonly kinds: Uint8Array;
  readonly counts: Uint32Array;
  /** The chunks' ids, 32 bytes each, in order. */
  readonly ids: Uint8Array;
}

export interface ScanResult {
  readonly damaged: readonly { readonly frame: number; readonly message: string }[];
  /** Of the whole pack, where it was read by path. */
  readonly sha256: Uint8Array | undefined;
}

/** Numbers an item has in `ReuseCall.items`: where it lies in the file, old and new alike, and its length. */
export const REUSE_FIELDS = { offset: 0, length: 1, count: 2 } as const;

/** One certain file below the root. */
export interface ReusedFile {
  /** The way to its directory, empty for the root itself. */
  readonly directory: Uint8Array;
  readonly name: Uint8Array;
  readonly inode: bigint;
  readonly device: number;
}

/** Chunks that a file `from` may have where the file `to` wants them. `ids` has 32 bytes an item. */
export interface ReuseCall {
  readonly session: number;
  readonly root: number;
  readonly from: ReusedFile;
  readonly to: ReusedFile;
  /** Blocks of zeros become holes. */
  readonly sparse: boolean;
  readonly items: Float64Array;
  readonly ids: Uint8Array;
}

export interface ReuseResult {
  /** 1 for each item that is in the new file now. */
  readonly taken: Uint8Array;
  readonly bytes: number;
}

/** Numbers an item has in `CheckCall.items`: index into `files`, offset in the file, length, 1 for a hole. */
export const ITEM_FIELDS = { file: 0, offset: 1, length: 2, hole: 3, count: 4 } as const;

/** Files to read back. `ids` has 32 bytes an item; those of holes are not looked at. Items of a file are neighbours. */
export interface CheckCall {
  readonly session: number;
  readonly root: number;
  readonly files: PackedFiles;
  readonly items: Float64Array;
  readonly ids: Uint8Array;
}

export interface CheckResult {
  readonly failures: readonly FileProblem[];
  readonly bytesRead: number;
}
