import { type Backend, MemoryBackend } from '../../src/storage/index.js';

export type Objects = ReadonlyMap<string, Uint8Array>;

/** A backend in memory whose whole content can be exchanged under an open vault. */
export interface SwitchBackend extends Backend {
  /** Copies what it is given. */
  hold(objects: Objects): void;
  objects(): Map<string, Uint8Array>;
}

export function createSwitchBackend(): SwitchBackend {
  let inner = new MemoryBackend();
  return {
    kind: inner.kind,
    get: (name, options) => inner.get(name, options),
    getRange: (name, offset, length, options) => inner.getRange(name, offset, length, options),
    stat: (name, options) => inner.stat(name, options),
    list: (prefix, options) => inner.list(prefix, options),
    localPath: (name) => inner.localPath(name),
    put: (name, source, options) => inner.put(name, source, options),
    spoolDirectory: () => inner.spoolDirectory(),
    remover: () => ({
      remove: (name, options) => inner.remover().remove(name, options),
      move: (from, to, options) => inner.remover().move(from, to, options),
    }),
    close: () => inner.close(),
    hold: (objects) => {
      inner = new MemoryBackend(objects);
    },
    objects: () => inner.snapshot(),
  };
}
