import type { Level } from 'level';

/** LevelDB with keys and values as bytes. */
export type Database = Level<Uint8Array, Uint8Array>;
