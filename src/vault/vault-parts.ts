import type { Clock, Logger, ProgressSink, Random } from '../base/index.js';
import type { MasterKeys } from '../crypto/index.js';
import type { RegistryRecord } from '../format/index.js';
import type { Backend, CallOptions } from '../storage/index.js';
import type { IndexDirectory } from './index-directory.js';
import type { VaultLock } from './lock.js';
import type { StoredBytes } from './stored-bytes.js';

/** What an open vault is made of. */
export interface VaultParts {
  readonly path: string;
  readonly vaultId: Uint8Array;
  readonly keyFile: string;
  readonly master: MasterKeys;
  readonly backend: Backend;
  /** Whether closing the vault closes the backend. */
  readonly ownsBackend: boolean;
  readonly directory: IndexDirectory;
  /** Told of everything that the backend is given. */
  readonly stored: StoredBytes;
  readonly lock: VaultLock | undefined;
  readonly readOnly: boolean;
  /** See `VaultOptions.restingUsers`. */
  readonly restingUsers: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What an operator decides of a user. */
export type UserSettings = Partial<Pick<RegistryRecord, 'sources' | 'exclude' | 'quota'>>;

export interface OpenUserOptions extends CallOptions {
  /** Told of a rebuild, should one be needed. */
  readonly progress?: ProgressSink | undefined;
  /** Rebuilds the index in any case, once nobody has the user open: whoever has must close it some day. */
  readonly rebuild?: boolean | undefined;
}
