/** Objects as files below one directory, durable by the order of write, fsync, link and directory fsync. */
export { type LocalFile, type LocalFileSystem, nodeFileSystem } from './file-system.js';
export type { LocalBackend } from './local-backend.js';
export { type LocalOptions, openLocalBackend } from './open.js';
