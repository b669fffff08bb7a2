import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { BitacoraError, equalBytes, toHex } from '../base/index.js';

/** A spooled file on the same machine that the backend may take over. `sha256` is the hash of its `length` bytes. */
export interface FileSource {
  readonly file: string;
  readonly length: number;
  readonly sha256: Uint8Array;
}

/** What an object is made from. */
export type ObjectSource = { readonly bytes: Uint8Array } | FileSource;

export function isFileSource(source: ObjectSource): source is FileSource {
  return 'file' in source;
}

/** How many bytes the object will have. */
export function sourceLength(source: ObjectSource): number {
  return isFileSource(source) ? source.length : source.bytes.length;
}

/**
 * The source's bytes in memory: a file's are read and checked, and the file is left where it is.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` if the file is not what the source says, `BACKEND_FAILED` if it cannot be read.
 */
export async function sourceBytes(source: ObjectSource): Promise<Uint8Array> {
  if (!isFileSource(source)) return source.bytes;
  let bytes: Uint8Array;
  try {
    bytes = await readFile(source.file);
  } catch (cause) {
    throw new BitacoraError('BACKEND_FAILED', `Cannot read the spooled file "${source.file}".`, { cause });
  }
  checkSource(source, bytes.length, createHash('sha256').update(bytes).digest());
  return bytes;
}

/** Throws `DATA_CORRUPT` unless a spooled file has the length and, where given, the hash that its writer announced. */
export function checkSource(source: FileSource, length: number, sha256?: Uint8Array): void {
  if (length !== source.length) {
    throw new BitacoraError(
      'DATA_CORRUPT',
      `The spooled file "${source.file}" has ${length} bytes, expected ${source.length}.`,
    );
  }
  if (sha256 && !equalBytes(sha256, source.sha256)) {
    throw new BitacoraError(
      'DATA_CORRUPT',
      `The spooled file "${source.file}" has SHA-256 ${toHex(sha256)}, expected ${toHex(source.sha256)}.`,
    );
  }
}
