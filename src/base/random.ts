import { randomFillSync } from 'node:crypto';

/** The only source of randomness for the rest of the program, so that tests can bring their own. */
export interface Random {
  /** A fresh buffer of `length` bytes that the caller owns. */
  bytes(length: number): Uint8Array;
}

export const systemRandom: Random = {
  bytes: (length) => randomFillSync(new Uint8Array(length)),
};
