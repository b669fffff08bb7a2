import { uidOf, userPrefix } from '../format/index.js';
import type { UserRepository } from '../vault/index.js';

/** Bytes of all objects that are a user's, from the listing alone: none is read. */
export async function storedBytes({ backend, uid }: UserRepository, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for await (const { length } of backend.list(userPrefix(uidOf(uid)), { signal })) bytes += length;
  return bytes;
}
