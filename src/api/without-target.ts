import { BitacoraError } from '../base/index.js';
import type { ExportInput } from './contract/export.js';
import type { RestoreInput } from './contract/restore.js';
import type { SnapshotInput } from './contract/snapshot.js';

/** An operation that answers bytes in another one's place, and what it is asked. */
export interface Instead {
  readonly operation: 'export';
  readonly input: ExportInput;
}

/** Members that say how to write files. */
const WRITING = ['flatten', 'overwrite', 'delete', 'verify', 'dry_run'] as const;

/**
 * What a restore without a target is: the state comes in the answer.
 *
 * @throws {BitacoraError} `USAGE` for members that only mean something with a target.
 */
export function withoutTarget(input: RestoreInput): Instead | undefined {
  if (input.target !== undefined) return undefined;
  const writing = WRITING.filter((member) => input[member] !== undefined && input[member] !== false);
  if (writing.length > 0) {
    throw new BitacoraError(
      'USAGE',
      `Say where to restore to: ${writing.map((name) => `"${name}"`).join(', ')} is for a "target".`,
    );
  }
  const { user_id, latest, snapshot, at, session_id, include, exclude, items, format = 'json' } = input;
  return {
    operation: 'export',
    input: { user_id, latest, snapshot, at, session_id, include, exclude, items, format },
  };
}

/** What one snapshot with its records is. */
export function withData({ user_id, backup_id: snapshot, data }: SnapshotInput): Instead | undefined {
  if (data !== '1' && data !== 'true') return undefined;
  return { operation: 'export', input: { user_id, snapshot, format: 'json' } };
}
