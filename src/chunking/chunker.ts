import { createMemory, instantiateKernel } from './kernel.js';
import { expandKey } from './key.js';
import { BUFFER_ADDRESS, BUFFER_BYTES_HIGHEST, ENDS_ADDRESS, ENDS_CAPACITY, KEY_ADDRESS } from './layout.js';
import { type ChunkerParameters, checkParameters, type Thresholds, thresholds } from './parameters.js';

/** A buffer that streams are read into and cut in place. It keeps no state between calls: every call is told where a chunk starts. */
export interface Chunker {
  /** The whole of the kernel's memory. Below `bufferOffset` only the `HEADROOM_BYTES` in front of it are the caller's. */
  readonly memory: Uint8Array;
  /** Where the buffer lies in `memory`; a multiple of 4096. */
  readonly bufferOffset: number;
  /** The buffer alone: a view on `memory`, to read files into. */
  readonly buffer: Uint8Array;
  /** Takes another secret from now on, so that one chunker can serve one user after another. 32 bytes, not kept. */
  rekey(secret: Uint8Array): void;
  /**
   * Cuts the buffer's bytes [start, end), of which `start` is where a chunk begins.
   * Chunk ends, as offsets in the buffer, are written to `out` from its first place on; each chunk begins where the one
   * before it ends. With `final` the stream ends at `end`, so the last end is `end`. Without, the tail whose end is decided by
   * bytes yet to come is left: move it to the front of the buffer, read on behind it, call again with its start. It is shorter than
   * `maxBytes`, so a buffer of `maxBytes` always advances. Cut points do not depend on how a stream was split into calls.
   * Returns how many ends were written, none for no bytes. Throws `TypeError` for parameters that cannot be, `RangeError` for
   * bytes outside the buffer or when `out` is full (floor(bytes / minBytes) + 1 places always do).
   */
  cut(parameters: ChunkerParameters, start: number, end: number, final: boolean, out: Uint32Array): number;
}

/**
 * Makes a chunker with its own fixed memory of a little more than `bufferBytes`.
 * `secret` is 32 bytes, not kept, only the key expanded from it is. Equal secrets cut equal bytes equally.
 */
export function createChunker(secret: Uint8Array, bufferBytes: number): Chunker {
  if (!Number.isSafeInteger(bufferBytes) || bufferBytes < 1 || bufferBytes > BUFFER_BYTES_HIGHEST) {
    throw new RangeError(`Cannot make a chunker buffer of ${bufferBytes} bytes: wanted 1 to ${BUFFER_BYTES_HIGHEST}.`);
  }
  const memory = createMemory(bufferBytes);
  const kernel = instantiateKernel(memory);
  const bytes = new Uint8Array(memory.buffer);
  const rekey = (next: Uint8Array): void => bytes.set(expandKey(next), KEY_ADDRESS);
  rekey(secret);
  const ends = new Uint32Array(memory.buffer, ENDS_ADDRESS, ENDS_CAPACITY);
  const limitsOf = rememberThresholds();

  function cut(parameters: ChunkerParameters, start: number, end: number, final: boolean, out: Uint32Array): number {
    if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= bufferBytes)) {
      throw new RangeError(`Cannot cut the bytes [${start}, ${end}) of a buffer of ${bufferBytes}.`);
    }
    const { minBytes, normalBytes, maxBytes } = parameters;
    const { strict, loose } = limitsOf(parameters);
    const stop = BUFFER_ADDRESS + end;
    let chunk = BUFFER_ADDRESS + start;
    let total = 0;
    let count: number;
    do {
      count = kernel(
        chunk,
        stop,
        final ? 1 : 0,
        minBytes,
        normalBytes,
        maxBytes,
        strict,
        loose,
        ENDS_ADDRESS,
        ENDS_CAPACITY,
      );
      if (total + count > out.length)
        throw new RangeError(`Cannot keep more chunk ends than the ${out.length} places given.`);
      for (let i = 0; i < count; i++) {
        chunk = ends[i]!;
        out[total++] = chunk - BUFFER_ADDRESS;
      }
    } while (count === ENDS_CAPACITY);
    return total;
  }

  return {
    memory: bytes,
    bufferOffset: BUFFER_ADDRESS,
    buffer: bytes.subarray(BUFFER_ADDRESS, BUFFER_ADDRESS + bufferBytes),
    rekey,
    cut,
  };
}

/** Parameters are checked, and their limits computed, once an object rather than once a call. */
function rememberThresholds(): (parameters: ChunkerParameters) => Thresholds {
  const known = new WeakMap<ChunkerParameters, Thresholds>();
  return (parameters) => {
    let limits = known.get(parameters);
    if (limits === undefined) {
      checkParameters(parameters);
      limits = thresholds(parameters.normalBytes);
      known.set(parameters, limits);
    }
    return limits;
  };
}
