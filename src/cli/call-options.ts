import type { RecordBody } from '../api/index.js';

/** What an operation takes besides its input. */
export interface CallOptions {
  /** Worker threads where it runs in this process; 0 works in the main thread. A daemon has its own. */
  readonly threads?: number | undefined;
  /** Bytes that go with the input. */
  readonly body?: AsyncIterable<Uint8Array> | undefined;
  /** Records that go with the input. */
  readonly records?: RecordBody | undefined;
}
