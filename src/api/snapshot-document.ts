import { createHash } from 'node:crypto';
import { concatBytes, isoTime, toHex } from '../base/index.js';
import { readHeader, sha256 } from '../crypto/index.js';
import { dataPieces, type RecordLayer } from '../restore/index.js';
import { entryObject, formatUuid, type Snapshot } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';

/** What a document says of the snapshot that it is of, beside its content. */
export interface SnapshotFields {
  readonly backup_id: string;
  readonly timestamp: string;
  readonly session_id: string | null;
  readonly backup_type: string;
  readonly compression: string | null;
  readonly encryption: { readonly algorithm: 'AES-256-GCM'; readonly key_id: string };
}

/** Those members of the document of a snapshot. Throws what the index throws. */
export async function snapshotFields(
  { index, keys }: Pick<UserRepository, 'index' | 'keys'>,
  { id, time, manifest, entry }: Snapshot,
): Promise<SnapshotFields> {
  const sealed = await index.entry(entry);
  const header = sealed && readHeader(sealed, entryObject(keys, entry));
  const { generation, epoch } = header ?? keys;
  return {
    backup_id: id,
    timestamp: isoTime(time),
    session_id: manifest.session,
    backup_type: manifest.kind,
    compression: manifest.codec ?? null,
    encryption: { algorithm: 'AES-256-GCM', key_id: `${generation}-${epoch}` },
  };
}

/** The snapshot that a snapshot was merged with, as text. */
export function parentId({ manifest: { parent } }: Snapshot): string | null {
  return parent && formatUuid(parent);
}

/**
 * SHA-256 of the JSON of a snapshot's records as its document has it; where it has none, of the root entries of what it captured. The same
 * where the content is the same. Reads all of the records.
 */
export async function integrityHash(
  store: Pick<UserRepository, 'trees' | 'chunks'>,
  { manifest: { scopes } }: Snapshot,
  layers: readonly RecordLayer[],
  signal: AbortSignal,
): Promise<string> {
  if (layers.length === 0) return toHex(sha256(concatBytes(scopes.map(({ entry }) => entry))));
  const hash = createHash('sha256');
  for await (const piece of dataPieces({ store, layers, signal })) hash.update(piece);
  return toHex(hash.digest());
}
