import type { Backend, CallOptions, ListOptions, ObjectEntry } from './contract.js';
import { CallGate } from './gate.js';
import { checkObjectName, type ObjectName } from './names.js';
import type { ObjectSource } from './source.js';

/** What a wrapper is told of a call. */
export type BackendCall =
  | { readonly verb: 'get' | 'stat' | 'remove'; readonly name: ObjectName }
  | { readonly verb: 'getRange'; readonly name: ObjectName; readonly offset: number; readonly length: number }
  | { readonly verb: 'put'; readonly name: ObjectName; readonly source: ObjectSource }
  | { readonly verb: 'move'; readonly name: ObjectName; readonly to: ObjectName };

export interface Around {
  /** Runs a call, perhaps later or more than once, and passes its result on. */
  call<T>(call: BackendCall, run: () => Promise<T>, options: CallOptions): Promise<T>;
  list(prefix: string, options: ListOptions): AsyncIterable<ObjectEntry>;
}

/**
 * `inner` with every call that touches the backend led through `around`. Closing waits for the calls that `around`
 * holds back or repeats, then closes `inner`.
 */
export function aroundBackend(inner: Backend, around: Around): Backend {
  const gate = new CallGate();
  const call: Around['call'] = (what, run, options) => gate.run(() => around.call(what, run, options));
  return {
    kind: inner.kind,
    get: (name, options = {}) => call({ verb: 'get', name }, () => inner.get(name, options), options),
    getRange: (name, offset, length, options = {}) =>
      call({ verb: 'getRange', name, offset, length }, () => inner.getRange(name, offset, length, options), options),
    stat: (name, options = {}) => call({ verb: 'stat', name }, () => inner.stat(name, options), options),
    list: (prefix, options = {}) => around.list(prefix, options),
    localPath: (name) => inner.localPath(name),
    put: (name, source, options = {}) =>
      call({ verb: 'put', name, source }, () => inner.put(name, source, options), options),
    spoolDirectory: () => inner.spoolDirectory(),
    remover: () => {
      const remover = inner.remover();
      return {
        remove: (name, options = {}) => call({ verb: 'remove', name }, () => remover.remove(name, options), options),
        move: (name, to, options = {}) =>
          call({ verb: 'move', name, to }, () => remover.move(name, to, options), options),
      };
    },
    close: async () => {
      await gate.close();
      await inner.close();
    },
  };
}

/** For wrappers that must see every read: names are checked as ever, but no place is told. */
export function noLocalPath(name: ObjectName): undefined {
  checkObjectName(name);
}
