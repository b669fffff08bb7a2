/** What client and server say to each other beside the calls themselves. */

/** Changes when a client and a server of different numbers cannot understand each other. */
export const API_VERSION = 1;

/** Header names. Each side tells its own; the server refuses another API or another vault than the one named. */
export const HEADER = {
  api: 'bitacora-api',
  version: 'bitacora-version',
  /** `dev-ino` of the vault's directory. */
  vault: 'bitacora-vault',
  /** The numeric user that the daemon runs as. */
  uid: 'bitacora-uid',
} as const;

export const MEDIA = {
  json: 'application/json',
  lines: 'application/x-ndjson',
  events: 'text/event-stream',
  tar: 'application/x-tar',
  bytes: 'application/octet-stream',
  /** Bytes with their end told, so that half of them is not taken for all: see `FRAME`. */
  frames: 'application/vnd.bitacora.frames',
} as const;

/** Kinds of frame; one octet, then the length of what follows as 32 bits, most significant first. */
export const FRAME = { data: 1, end: 2, error: 3 } as const;
export const FRAME_HEAD_BYTES = 5;

/** Lines of `MEDIA.lines`: first a head, then items, at last an end or an error. A stream without either was cut off. */
export type StreamLine =
  | { readonly head: object; readonly member: string }
  | { readonly item: unknown }
  /** With the members that stand behind the items. */
  | { readonly end: true; readonly tail: object }
  | { readonly error: ErrorBody };

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The longest JSON body that any call takes: 64 MiB of records, and 1 MiB beside them. */
export const JSON_BODY_BYTES_MAX = 65 * 2 ** 20;
