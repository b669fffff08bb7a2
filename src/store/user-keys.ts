import type { Key32 } from '../crypto/index.js';

/** The keys of one user, as rooms need them that seal and open the user's objects. The vault fills it. */
export interface UserKeys {
  /** 16 bytes. */
  readonly vaultId: Uint8Array;
  /** 16 bytes. */
  readonly uid: Uint8Array;
  /** What new objects are sealed under. */
  readonly generation: number;
  readonly epoch: number;
  /**
   * The pack key of a generation and epoch, for `object`; not to be changed or kept beyond the user's closing.
   *
   * @throws {BitacoraError} `DATA_CORRUPT` naming `object` when the user has no such key.
   */
  packKey(generation: number, epoch: number, object: string): Key32;
  /** The log key, likewise. */
  logKey(generation: number, epoch: number, object: string): Key32;
}
