/** One user's open repository, made of keys, store and log, and the vault around it: master key, registry, lock, index. */
export { readVaultEnvironment, type VaultEnvironment } from './environment.js';
export { type FreeSpace, freeSpace } from './free-space.js';
export { type CreatedVault, type InitOptions, initVault } from './init-vault.js';
export type { DedupKeys, KeyRing } from './key-ring.js';
export { type VaultHolder, vaultHolder } from './lock.js';
export { openVault, type VaultOptions } from './open-vault.js';
export { chooseVaultPath, defaultEnvironment, usualKeyFile } from './places.js';
export type { QueuedJob, QueueFiles } from './queue-files.js';
export { type RebuildResult, rebuildUser } from './rebuild-user.js';
export type { UserList, UserListOptions } from './registry.js';
export { makeReserve, releaseReserve } from './reserve.js';
export { RoundNotes, type RoundRun } from './round-notes.js';
export { salvageLog } from './salvage-log.js';
export { StoredBytes, type StoredLimits, type StoredSizes } from './stored-bytes.js';
export type { TokenFiles, TokenList } from './token-files.js';
export { checkSessionId, checkUserName } from './user-names.js';
export type { UserRepository, UserSecrets } from './user-repository.js';
export type { OpenUserOptions, UserSettings, Vault } from './vault.js';
