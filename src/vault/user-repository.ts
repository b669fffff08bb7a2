import type { BitacoraError } from '../base/index.js';
import type { ChunkerParameters } from '../chunking/index.js';
import type { Key32 } from '../crypto/index.js';
import type { OpenSecrets } from '../engine/index.js';
import { type Log, Snapshots, TreeReader } from '../snapshot/index.js';
import type { Backend } from '../storage/index.js';
import { ChunkReader, type Holder, type UserIndex } from '../store/index.js';
import type { DedupKeys, KeyRing } from './key-ring.js';
import type { RebuildResult } from './rebuild-user.js';

/** What sealing new data of a user takes: the newest keys. Valid until the repository is closed; not to be changed. */
export interface UserSecrets extends DedupKeys {
  readonly vaultId: Uint8Array;
  readonly uid: Uint8Array;
  readonly generation: number;
  readonly epoch: number;
  readonly packKey: Key32;
}

export interface RepositoryParts {
  readonly name: string;
  readonly keys: KeyRing;
  readonly index: UserIndex;
  readonly backend: Backend;
  /** One for all holders of the user: it knows where the log ends. */
  readonly log: Log;
  /** What this repository is for those who take things away. */
  readonly holder: Holder;
  readonly readOnly: boolean;
  /** What had to be rebuilt to open it. */
  readonly rebuilt: RebuildResult | undefined;
  /** Entries of the log that are damaged, or missing although others name them. */
  readonly logProblems: readonly BitacoraError[];
}

/** One user's open repository: keys, index, log and the backend that holds the user's objects. */
export class UserRepository {
  readonly name: string;
  /** 16 bytes. */
  readonly uid: Uint8Array;
  /** Keys of all generations and epochs, for reading. */
  readonly keys: KeyRing;
  /** The newest keys, for writing. */
  readonly secrets: UserSecrets;
  /** All keys that reading takes. */
  readonly openSecrets: OpenSecrets;
  readonly chunker: { readonly small: ChunkerParameters; readonly large: ChunkerParameters };
  readonly index: UserIndex;
  readonly backend: Backend;
  /** Reads chunks; directory nodes and lists above all. `loadCodecs` must have settled before. */
  readonly chunks: ChunkReader;
  readonly trees: TreeReader;
  readonly log: Log;
  readonly snapshots: Snapshots;
  /** As long as it is open, nothing goes that was there when it was opened. */
  readonly holder: Holder;
  readonly readOnly: boolean;
  readonly rebuilt: RebuildResult | undefined;
  /** What of the log could not be read when the user was opened: `DATA_CORRUPT` or `OBJECT_MISSING` each. The rest holds. */
  readonly logProblems: readonly BitacoraError[];
  readonly #close: () => void;

  /** @param close - Called by `close`. */
  constructor(parts: RepositoryParts, close: () => void) {
    const { keys, index, backend, log, readOnly } = parts;
    const { vaultId, uid, generation, epoch } = keys;
    this.name = parts.name;
    this.uid = uid;
    this.keys = keys;
    const packKey = keys.packKey(generation, epoch, 'a new pack');
    this.secrets = { vaultId, uid, generation, epoch, packKey, ...keys.dedup() };
    this.chunker = keys.chunker;
    this.index = index;
    this.backend = backend;
    this.readOnly = readOnly;
    this.openSecrets = keys.openSecrets();
    this.chunks = new ChunkReader({ index, backend, secrets: this.openSecrets });
    this.trees = new TreeReader(this.chunks);
    this.rebuilt = parts.rebuilt;
    this.logProblems = parts.logProblems;
    this.log = log;
    this.holder = parts.holder;
    this.snapshots = new Snapshots(this.log);
    this.#close = close;
  }

  /** Lets go of the user; the keys are wiped when the last holder has closed. */
  close(): void {
    this.chunks.close();
    this.holder.close();
    this.#close();
  }
}
