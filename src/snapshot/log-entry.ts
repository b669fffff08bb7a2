import { BitacoraError, equalBytes, type Random, toHex } from '../base/index.js';
import { OBJECT_TYPES, openSimple, readHeader, sealSimple, sha256 } from '../crypto/index.js';
import { decodeLogEntry, encodeLogEntry, type LogEntry, logName, uidOf, VAULT_FORMAT } from '../format/index.js';
import type { EntryName, LogGap, UserKeys } from '../store/index.js';

/** An entry of the log with its name. */
export interface NamedEntry {
  readonly name: EntryName;
  readonly entry: LogEntry;
}

/** An entry as it goes to backends. */
export interface SealedEntry extends NamedEntry {
  readonly sealed: Uint8Array;
}

export function sealEntry(keys: UserKeys, entry: LogEntry, random: Random): SealedEntry {
  const { vaultId, uid, generation, epoch } = keys;
  const context = { format: VAULT_FORMAT, type: OBJECT_TYPES.log, generation, epoch, vaultId, uid };
  const key = keys.logKey(generation, epoch, 'a new log entry');
  const sealed = sealSimple(key, context, encodeLogEntry(entry), random);
  return { name: { seq: entry.seq, hash: sha256(sealed) }, entry, sealed };
}

/**
 * Opens an entry and checks that it is the one of that name.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` naming the object; `FORMAT_NEWER`.
 */
export function openEntry(keys: UserKeys, name: EntryName, sealed: Uint8Array): LogEntry {
  const object = entryObject(keys, name);
  const hash = sha256(sealed);
  if (!equalBytes(hash, name.hash)) {
    throw corruptEntry(object, `its SHA-256 is ${toHex(hash)}, expected ${toHex(name.hash)}`);
  }
  const { generation, epoch } = readHeader(sealed, object);
  const key = keys.logKey(generation, epoch, object);
  const expected = { type: OBJECT_TYPES.log, vaultId: keys.vaultId, uid: keys.uid, name: object };
  const entry = decodeLogEntry(openSimple(key, sealed, expected), object);
  if (entry.seq !== name.seq) throw corruptEntry(object, `it has number ${entry.seq}, expected ${name.seq}`);
  return entry;
}

/** The object's name on backends. */
export function entryObject(keys: UserKeys, { seq, hash }: EntryName): string {
  return logName(uidOf(keys.uid), seq, hash);
}

export function corruptEntry(object: string, what: string): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `The log entry "${object}" is damaged: ${what}.`, { details: { object } });
}

/** The finding that an entry is not there although another one names it. */
export function missingEntry(keys: UserKeys, { missing, namedBy }: LogGap): BitacoraError {
  const [object, by] = [toHex(missing), entryObject(keys, namedBy)];
  return new BitacoraError(
    'OBJECT_MISSING',
    `The log entry with the hash ${object} is missing; "${by}" names it. Restore it from a copy of the vault.`,
    { details: { object, namedBy: by } },
  );
}

/** The order of the log: every entry behind its predecessors, and the same order for everybody. */
export function compareNames(a: EntryName, b: EntryName): number {
  return a.seq - b.seq || Buffer.compare(a.hash, b.hash);
}
