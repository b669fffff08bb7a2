/** One implementation of zstd. All of them write standard frames with content size, without checksum and dictionary. */
export interface ZstdProvider {
  readonly name: 'native' | 'node' | 'wasm';
  encoder(level: number): ZstdEncoder;
  decoder(): ZstdDecoder;
}

/** Writes one frame into `into` and answers its length, or 0 when it does not fit. */
export type ZstdEncoder = (plain: Uint8Array, into: Uint8Array) => number;

/** Fills `into`, whose length is the frame's declared and checked content size; answers the bytes written; throws anything on failure. */
export type ZstdDecoder = (packed: Uint8Array, into: Uint8Array) => number;

/** Copies a library's own output; 0 when it does not fit. */
export function copyOut(output: Uint8Array, into: Uint8Array): number {
  if (output.length > into.length) return 0;
  into.set(output);
  return output.length;
}
