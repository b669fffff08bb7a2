import { BitacoraError, type ErrorCode } from '../base/index.js';
import { aroundBackend, type BackendCall, noLocalPath } from './around.js';
import type { Backend, ListOptions, ObjectEntry } from './contract.js';
import type { FaultEffect, FaultPlan, FaultVerb } from './fault-plan.js';
import { checkObjectName, checkPrefix, type ObjectName } from './names.js';
import { sourceBytes } from './source.js';

export interface FaultBackend extends Backend {
  /** Takes away what `lost` puts had only pretended to store. */
  crash(): Promise<void>;
}

const ALLOWED: Readonly<Record<FaultVerb, readonly FaultEffect[]>> = {
  get: ['io', 'timeout', 'unknown', 'truncated', 'corrupt'],
  getRange: ['io', 'timeout', 'unknown', 'truncated', 'corrupt'],
  stat: ['io', 'timeout', 'unknown'],
  list: ['io', 'timeout', 'short'],
  put: ['io', 'timeout', 'no-space', 'unknown', 'lost'],
  remove: ['io', 'timeout', 'unknown'],
  move: ['io', 'timeout', 'unknown'],
};

/**
 * A backend that fails as planned: for tests. Nobody is told where local files are, so that no read goes past it.
 *
 * A plan that asks for an effect that the verb cannot have is a programmer's mistake: `TypeError`.
 */
export function withFaults(inner: Backend, plan: FaultPlan): FaultBackend {
  const lost = new Set<ObjectName>();
  const next = makeChooser(plan);

  async function* list(prefix: string, options: ListOptions): AsyncGenerator<ObjectEntry> {
    checkPrefix(prefix);
    const effect = next('list', prefix);
    const entries: ObjectEntry[] = [];
    for await (const entry of inner.list(prefix, options)) entries.push(entry);
    if (effect === undefined) return yield* entries;
    yield* entries.slice(0, entries.length >> 1);
    if (effect !== 'short') throw faultError(effect, `list of "${prefix}"`);
  }

  const around = aroundBackend(inner, {
    async call(call, run) {
      checkObjectName(call.name);
      const effect = next(call.verb, call.name);
      const what = `${call.verb} of "${call.name}"`;
      if (effect === undefined) return run();
      if (effect === 'truncated' || effect === 'corrupt') return damage(await run(), effect, call);
      if (effect === 'lost') {
        const outcome = await run();
        if (outcome === 'created') lost.add(call.name);
        return outcome;
      }
      if (effect === 'unknown') await perform(inner, call, run);
      throw faultError(effect, what);
    },
    list,
  });
  return {
    ...around,
    localPath: noLocalPath,
    async crash() {
      for (const name of lost) await inner.remover().remove(name);
      lost.clear();
    },
  };
}

function makeChooser(plan: FaultPlan): (verb: FaultVerb, name: string) => FaultEffect | undefined {
  const counts = new Map<FaultVerb, number>();
  return (verb, name) => {
    const count = (counts.get(verb) ?? 0) + 1;
    counts.set(verb, count);
    const effect = plan({ verb, name, count });
    if (effect !== undefined && !ALLOWED[verb].includes(effect)) {
      throw new TypeError(`A ${verb} cannot fail with "${effect}".`);
    }
    return effect;
  };
}

/** Does what the call is for; keeps a spooled file, since the caller will see the call fail. */
async function perform(inner: Backend, call: BackendCall, run: () => Promise<unknown>): Promise<void> {
  if (call.verb === 'put') await inner.put(call.name, { bytes: await sourceBytes(call.source) });
  else if (call.verb === 'remove' || call.verb === 'move') await run();
}

function damage<T>(result: T, effect: 'truncated' | 'corrupt', call: BackendCall): T {
  if (!(result instanceof Uint8Array)) throw new TypeError(`A ${call.verb} has no bytes to damage.`);
  if (effect === 'corrupt') {
    const middle = result.length >> 1;
    if (result.length > 0) result[middle]! ^= 1;
    return result;
  }
  if (call.verb === 'get') return result.subarray(0, result.length >> 1) as T & Uint8Array;
  throw new BitacoraError('DATA_CORRUPT', `The object "${call.name}" ends too early (injected fault).`);
}

const CODES: Partial<Record<FaultEffect, ErrorCode>> = { 'no-space': 'NO_SPACE', unknown: 'OBJECT_UNKNOWN' };

function faultError(effect: FaultEffect, what: string): BitacoraError {
  return new BitacoraError(CODES[effect] ?? 'BACKEND_FAILED', `The ${what} failed (injected fault "${effect}").`, {
    retryable: effect !== 'no-space',
    details: { effect },
  });
}
