import type { CodecName } from '../codec/index.js';
import type { ChunkKind } from '../format/index.js';

/** What a worker needs to write for one user. Sent once a session; keys never leave the process. */
export interface WriteSecrets {
  readonly vaultId: Uint8Array;
  readonly uid: Uint8Array;
  readonly generation: number;
  readonly epoch: number;
  readonly packKey: Uint8Array;
  readonly idKeys: { readonly data: Uint8Array; readonly node: Uint8Array; readonly list: Uint8Array };
  readonly chunkerSecret: Uint8Array;
}

export interface CutParameters {
  readonly algorithm: 'sgear';
  readonly minBytes: number;
  readonly normalBytes: number;
  readonly maxBytes: number;
}

export interface WriteSettings {
  readonly codec: CodecName;
  readonly level: number | undefined;
  /** Where unfinished packs are spooled; undefined keeps them in memory. */
  readonly spoolDirectory: string | undefined;
  readonly packBytesTarget: number;
  readonly smallClass: CutParameters;
  readonly largeClass: CutParameters;
}

export interface OpenSession {
  readonly session: number;
  /** The worker's from here on: it wipes them when the session ends. */
  readonly secrets: WriteSecrets;
  readonly settings: WriteSettings;
}

export interface SessionCall {
  readonly session: number;
  /** With the first call to a worker, what it needs of the session, unless it was told before. */
  readonly opening?: OpenSession | undefined;
}

/** Numbers a file has in `FilesCall.meta`; size and times are what the walk saw. */
export const FILE_FIELDS = {
  dirfd: 0,
  nameOffset: 1,
  nameLength: 2,
  size: 3,
  flags: 4,
  mtimeSec: 5,
  mtimeNsec: 6,
  ctimeSec: 7,
  ctimeNsec: 8,
  count: 9,
} as const;
export const FILE_FLAGS = { xattrs: 1, largeClass: 2 } as const;

/** A batch of files that fit into one slab together, in walk order. `meta` has `FILE_FIELDS.count` numbers a file. */
export interface FilesCall extends SessionCall {
  /** Chosen by the caller, named again in the questions that this call asks. */
  readonly call: number;
  readonly names: Uint8Array;
  readonly meta: Float64Array;
}

/** `changed`: behind its last byte the file is not what the walk saw any more, so what was read may be of two states. */
export const FILE_STATUS = { ok: 0, changed: 1, failed: 2 } as const;
/** Numbers a file has in `FilesResult.meta`. */
export const RESULT_FIELDS = { status: 0, size: 1, chunks: 2, count: 3 } as const;

/** Why a source could not be read, by the system's own code. */
export interface ReadFailure {
  readonly code: string;
  readonly message: string;
}

export interface FileFailure extends ReadFailure {
  readonly index: number;
}

export interface FoundXattrs {
  readonly index: number;
  readonly xattrs: readonly { readonly name: Uint8Array; readonly value: Uint8Array }[];
}

/** Chunk ids and lengths of all files one after another; `meta` says how many belong to each. */
export interface FilesResult {
  readonly meta: Float64Array;
  readonly ids: Uint8Array;
  readonly lengths: Uint32Array;
  readonly failures: readonly FileFailure[];
  readonly xattrs: readonly FoundXattrs[];
}

/** One file of any size. */
export interface StreamCall extends SessionCall {
  readonly stream: number;
  /** An open descriptor of this process, left open; its position is not used. */
  readonly fd: number;
  readonly largeClass: boolean;
  /** Runs of data of a sparse file; undefined: all of it. */
  readonly ranges: readonly { readonly offset: number; readonly length: number }[] | undefined;
  readonly size: number;
}

export interface StreamResult {
  /** Bytes of data read. */
  readonly bytes: number;
  /** Set when reading failed half-way: what was read before says nothing about the file. */
  readonly failure: ReadFailure | undefined;
}

/** The next part of a stream whose bytes the caller brings; `stream` is chosen by it, and all parts go to one worker in order. */
export interface PartCall extends SessionCall {
  readonly stream: number;
  readonly bytes: Uint8Array;
  /** The stream ends behind this part, which may be empty. */
  readonly final: boolean;
}

/**
 * Pieces that are cut each by itself, in parts as they come; all parts go to one worker in order. `segments` has `SEGMENT_FIELDS.count` numbers a
 * segment of `bytes`, one behind the other in the order in which they are to be stored.
 */
export interface PiecesCall extends SessionCall {
  readonly stream: number;
  readonly bytes: Uint8Array;
  readonly segments: Uint32Array;
}

/** `owner`: what the chunks of the piece belong to, for whoever asked. `ends`: 1 where the piece ends behind this segment. */
export const SEGMENT_FIELDS = { offset: 0, length: 1, owner: 2, ends: 3, count: 4 } as const;

/** Asked by a worker: which of these chunks need not be stored? `files[i]`: whose chunk i is, a file's or a piece's owner's; or a stream's next items. */
export interface KnownQuestion extends SessionCall {
  readonly ids: Uint8Array;
  readonly lengths: Uint32Array;
  readonly call: number;
  readonly files: Uint32Array | undefined;
}

/** One byte a chunk: 1 known, 0 to be stored. */
export type KnownAnswer = Uint8Array;

export interface SealCall extends SessionCall {
  readonly kind: ChunkKind;
  readonly ids: Uint8Array;
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
  /** Whether the chunks go to a pack of their own or may share the data's. */
  readonly into: 'data' | 'meta';
}

/** The session ends here; what is to be sealed still goes before. */
export interface FinishCall extends SessionCall {
  readonly seals?: readonly SealCall[] | undefined;
}

/** Told by a worker: a pack is complete and must be made durable. */
export interface FinishedPack extends SessionCall {
  readonly name: Uint8Array;
  readonly length: number;
  readonly source: { readonly bytes: Uint8Array } | { readonly file: string };
  /** Header ‖ sealed footer, as they stand in the pack. */
  readonly sealedHead: Uint8Array;
  /** The footer's plain bytes. */
  readonly footer: Uint8Array;
}
