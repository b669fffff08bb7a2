/**
 * The kernel's memory, from address 0: key and unused rest of a page · chunk ends · headroom · buffer · slack.
 * It is made once and never grows, since growing would detach every view on it.
 */
export const KEY_ADDRESS = 0;
export const ENDS_ADDRESS = 4096;
/** Chunk ends per call into the kernel: enough for a 64 MiB buffer at the smallest class's minimum. */
export const ENDS_CAPACITY = 4096;

/** Bytes in front of the buffer that are the caller's, for what must stand before a chunk (a hash's key block). */
export const HEADROOM_BYTES = 4096;
/** A multiple of 4096, so that reads into the buffer are aligned to pages. */
export const BUFFER_ADDRESS = ENDS_ADDRESS + ENDS_CAPACITY * Uint32Array.BYTES_PER_ELEMENT + HEADROOM_BYTES;

/** The scan loads whole blocks of 64 bytes, and so reads past the end of the data. */
export const SLACK_BYTES = 128;

/** Far below the 4 GiB that the kernel's addresses reach. */
export const BUFFER_BYTES_HIGHEST = 2 ** 31 - 2 ** 20;
