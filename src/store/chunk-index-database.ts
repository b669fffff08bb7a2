import type { Level } from 'level';

/** LevelDB with keys and values as bytes. */
export type Database = Level<Uint8Array, Uint8Array>;

/** Changes that are made together or not at all. */
export type Batch = ReturnType<Database['batch']>;
