import { Readable } from 'node:stream';
import { BitacoraError, utf8 } from '../base/index.js';

/** A stream of bytes that a snapshot captures whole under a name, as if it were a file. */
export interface StreamSource {
  /** What the restored file is called: see `checkStreamName`. */
  readonly name: string;
  /**
   * Begins the stream; called at most once. What its iterator throws fails the snapshot, so one that ends without throwing is
   * taken to be whole. `signal` asks it to let go of what it holds.
   */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

const NAME_BYTES_MOST = 255;
const STREAMS_DIRECTORY = '/_streams/';

/** The name of the scope that is a directory tree or file. */
export function pathScope(path: string): string {
  return `path:${path}`;
}

/** The name of a stream's scope, whatever brings its bytes. */
export function streamScope(name: string): string {
  return `stream:${name}`;
}

/** Where a restore lays a stream out, below its target. */
export function streamPath(name: string): Uint8Array {
  return utf8(STREAMS_DIRECTORY + name);
}

/** Throws `BAD_NAME` unless a stream's name can be a file's. */
export function checkStreamName(name: string): void {
  const length = Buffer.byteLength(name);
  const plain = /^[^\p{Cc}\p{Cs}/]+$/u.test(name) && name !== '.' && name !== '..';
  if (plain && length <= NAME_BYTES_MOST) return;
  const message = `"${name}" cannot be the name of a stream: wanted is a file name such as "dump.sql", without "/", of at most ${NAME_BYTES_MOST} bytes.`;
  throw new BitacoraError('BAD_NAME', message, { details: { name } });
}

/**
 * Bytes that are there already, from a pipe or another program's hands: a stream by that name. One of Node's is destroyed when
 * it is let go, so that a silent pipe does not keep the program from ending.
 */
export function streamOf(name: string, bytes: AsyncIterable<Uint8Array>): StreamSource {
  return {
    name,
    open(signal) {
      if (bytes instanceof Readable) signal.addEventListener('abort', () => bytes.destroy(), { once: true });
      return bytes;
    },
  };
}
