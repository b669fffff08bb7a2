import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Backend } from '../../src/storage/index.js';
import { createSwitchBackend, type Objects } from './switch-backend.js';

/** Where the objects of a vault lie that is flipped bit by bit. */
export interface FlipPlace {
  readonly path: string;
  /** Undefined where the objects are files in the vault's own directory. */
  readonly backend: Backend | undefined;
  /** Whether objects may be exchanged under an open vault. */
  readonly exchangeable: boolean;
  /** Makes these the vault's only objects. */
  hold(objects: Objects): void;
  /** An object as it is now; empty when it is gone. */
  read(name: string): Uint8Array;
}

export function memoryPlace(path: string): FlipPlace {
  const backend = createSwitchBackend();
  return {
    path,
    backend,
    exchangeable: true,
    hold: (objects) => backend.hold(objects),
    read: (name) => backend.objects().get(name) ?? new Uint8Array(0),
  };
}

export function filesPlace(path: string): FlipPlace {
  return {
    path,
    backend: undefined,
    exchangeable: false,
    hold: (objects) => {
      rmSync(path, { recursive: true, force: true });
      for (const [name, bytes] of objects) {
        const file = join(path, name);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, bytes, { mode: 0o400 });
      }
    },
    read: (name) => readFileSync(join(path, name)),
  };
}
