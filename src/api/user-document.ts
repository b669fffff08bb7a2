import { isoTime, pathFields, toHex } from '../base/index.js';
import type { RegistryRecord } from '../format/index.js';
import type { Snapshot } from '../snapshot/index.js';
import type { UserDocument } from './contract/user.js';
import type { BriefSnapshot } from './contract/user-show.js';

/** A user as the registry has it. */
export function userDocument({ name, uid, created, sources, exclude, quota }: RegistryRecord): UserDocument {
  return {
    user_id: name,
    uid: toHex(uid),
    created: isoTime(created),
    sources: sources.map(({ kind, path, atSessionEnd }) => ({
      kind,
      ...pathFields('path', path),
      at_session_end: atSessionEnd,
    })),
    exclude: [...exclude],
    quota_bytes: quota ?? null,
  };
}

/** A snapshot in short. */
export function briefSnapshot({ id, time, manifest }: Snapshot): BriefSnapshot {
  return { backup_id: id, timestamp: isoTime(time), backup_type: manifest.kind, status: manifest.status };
}
