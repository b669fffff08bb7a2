import { BitacoraError } from '../base/index.js';
import type { CodecName } from './names.js';

/** The one error of a failed decompression: whatever a library says, packed bytes that do not yield the plain bytes are corrupt. */
export function corruptPacked(codec: CodecName, problem: string, cause?: unknown): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `Cannot decompress ${codec} data: ${problem}.`, {
    details: { codec },
    cause,
  });
}

/** The text of whatever a library threw. */
export function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
