import type { Backend } from './contract.js';
import type { ObjectName } from './names.js';
import { sourceLength } from './source.js';

/** Who is told what objects take. */
export interface Meter {
  /** Called before an object is stored; refuses it by throwing. */
  admit(name: ObjectName, length: number): void;
  /** Called once an object is there, or gone: then `bytes` is negative. */
  changed(name: ObjectName, bytes: number): void;
  /** Called before anything changes, and behind `changed`, whatever became of it: in between a listing may show either. */
  begins(name: ObjectName): void;
  ends(name: ObjectName): void;
}

/** `inner`, with everything that is stored, removed and moved told to `meter`. What was there already is not told again. */
export function withMeter(inner: Backend, meter: Meter): Backend {
  const telling = async <T>(name: ObjectName, run: () => Promise<T>): Promise<T> => {
    meter.begins(name);
    try {
      return await run();
    } finally {
      meter.ends(name);
    }
  };
  return {
    kind: inner.kind,
    get: (name, options) => inner.get(name, options),
    getRange: (name, offset, length, options) => inner.getRange(name, offset, length, options),
    stat: (name, options) => inner.stat(name, options),
    list: (prefix, options) => inner.list(prefix, options),
    localPath: (name) => inner.localPath(name),
    spoolDirectory: () => inner.spoolDirectory(),
    put: async (name, source, options) => {
      const length = sourceLength(source);
      return telling(name, async () => {
        meter.admit(name, length);
        const outcome = await inner.put(name, source, options);
        if (outcome === 'created') meter.changed(name, length);
        return outcome;
      });
    },
    remover: () => {
      const remover = inner.remover();
      return {
        remove: (name, options) =>
          telling(name, async () => {
            const info = await inner.stat(name, options);
            await remover.remove(name, options);
            if (info) meter.changed(name, -info.length);
          }),
        move: (from, to, options) =>
          telling(from, async () => {
            const [info, there] = [await inner.stat(from, options), await inner.stat(to, options)];
            await remover.move(from, to, options);
            if (info) meter.changed(from, -info.length);
            if (info && !there) meter.changed(to, info.length);
          }),
      };
    },
    close: () => inner.close(),
  };
}
