import type { ScopeRecord } from '../../format/index.js';

/** One capture of a scope of records, and what of it a state still shows. A state has its layers oldest first. */
export interface RecordLayer {
  readonly scope: ScopeRecord;
  /** When its capture ended, milliseconds since 1970. */
  readonly captured: number;
  /** Whether a newer capture took this record's place, or took it away. Without it every record is shown. */
  readonly hidden?: ((collection: string, index: number) => boolean) | undefined;
  /** Whether a collection is not in the state at all, were it captured empty. */
  readonly without?: ((collection: string) => boolean) | undefined;
}
