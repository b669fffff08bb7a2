import { decodeBody, encodeBody } from './body.js';
import type { Fields } from './fields.js';

/** Bytes of a chunk class: no shorter than, about, no longer than. */
export interface ChunkSizes {
  readonly min: number;
  readonly normal: number;
  readonly max: number;
}

/** Where a user's data is cut; fixed for a generation. */
export interface ChunkerRecord {
  readonly algorithm: string;
  readonly small: ChunkSizes;
  readonly large: ChunkSizes;
}

/** A user's roots of one generation and epoch, docs/format.md §6. The roots are secret. */
export interface UserBundle {
  /** 32 bytes. */
  readonly dedupRoot: Uint8Array;
  /** 32 bytes. */
  readonly encryptionRoot: Uint8Array;
  readonly created: number;
  readonly chunker: ChunkerRecord;
}

/** No chunk is longer: a frame has to hold it. */
export const CHUNK_BYTES_MAX = 4 * 1024 * 1024;

function readSizes(fields: Fields, key: string): ChunkSizes {
  const [min = 0, normal = 0, max = 0, ...more] = fields.ints(key);
  if (more.length > 0 || !(min >= 1 && min <= normal && normal <= max && max <= CHUNK_BYTES_MAX)) {
    throw fields.fail(key, `three rising sizes from 1 to ${CHUNK_BYTES_MAX}`);
  }
  return { min, normal, max };
}

function readChunker(fields: Fields): ChunkerRecord {
  const chunker: ChunkerRecord = {
    algorithm: fields.text('algorithm'),
    small: readSizes(fields, 'small'),
    large: readSizes(fields, 'large'),
  };
  fields.end();
  return chunker;
}

function readBundle(fields: Fields): UserBundle {
  const bundle: UserBundle = {
    dedupRoot: fields.bytes('dedup_root', 32),
    encryptionRoot: fields.bytes('encryption_root', 32),
    created: fields.int('created'),
    chunker: readChunker(fields.map('chunker')),
  };
  fields.end();
  return bundle;
}

/** The body of a user bundle. @throws {TypeError} on a bundle that no reader would accept. */
export function encodeBundle(bundle: UserBundle): Uint8Array {
  const sizes = ({ min, normal, max }: ChunkSizes) => [min, normal, max];
  const { algorithm, small, large } = bundle.chunker;
  return encodeBody(
    {
      dedup_root: bundle.dedupRoot,
      encryption_root: bundle.encryptionRoot,
      created: bundle.created,
      chunker: { algorithm, small: sizes(small), large: sizes(large) },
    },
    readBundle,
  );
}

/** Reads the body of a user bundle; the roots are views of `bytes`. @throws {BitacoraError} `DATA_CORRUPT`, `FORMAT_NEWER`. */
export function decodeBundle(bytes: Uint8Array, object = 'a user bundle'): UserBundle {
  return decodeBody(bytes, object, readBundle);
}
