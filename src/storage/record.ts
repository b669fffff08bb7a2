import { errnoCode, isBitacoraError } from '../base/index.js';
import { aroundBackend, type BackendCall, noLocalPath } from './around.js';
import type { Backend, ListOptions, ObjectEntry } from './contract.js';
import { sourceLength } from './source.js';

/** One call that was made, once it has settled. */
export interface RecordedCall {
  readonly verb: BackendCall['verb'] | 'list' | 'localPath';
  /** The object's name; the prefix of a listing. */
  readonly name: string;
  /** Of a `getRange`. */
  readonly offset?: number;
  /** Bytes read or written; entries of a listing. */
  readonly length?: number;
  /** `ok`, for `put` its outcome, or the code of the error. */
  readonly outcome: string;
}

export interface RecordBackend extends Backend {
  /** In the order in which they settled; the caller may empty it. */
  readonly calls: RecordedCall[];
}

/**
 * Writes down every call, so that a test can say what work was done. With `hideLocalPaths` nobody is told where the
 * files are, so that every read comes this way; otherwise each question for a path is a call of its own.
 */
export function withRecord(inner: Backend, options: { readonly hideLocalPaths?: boolean } = {}): RecordBackend {
  const calls: RecordedCall[] = [];

  async function* list(prefix: string, listOptions: ListOptions): AsyncGenerator<ObjectEntry> {
    let length = 0;
    let outcome = 'left early';
    try {
      for await (const entry of inner.list(prefix, listOptions)) {
        length++;
        yield entry;
      }
      outcome = 'ok';
    } catch (error) {
      outcome = codeOf(error);
      throw error;
    } finally {
      calls.push({ verb: 'list', name: prefix, length, outcome });
    }
  }

  const around = aroundBackend(inner, {
    async call(call, run) {
      try {
        const result = await run();
        calls.push({ ...describe(call, result), outcome: call.verb === 'put' ? String(result) : 'ok' });
        return result;
      } catch (error) {
        calls.push({ ...describe(call, undefined), outcome: codeOf(error) });
        throw error;
      }
    },
    list,
  });
  const localPath = (name: string) => {
    if (options.hideLocalPaths) return noLocalPath(name);
    calls.push({ verb: 'localPath', name, outcome: 'ok' });
    return inner.localPath(name);
  };
  return { ...around, localPath, calls };
}

function describe(call: BackendCall, result: unknown): Omit<RecordedCall, 'outcome'> {
  const { verb, name } = call;
  if (verb === 'getRange') return { verb, name, offset: call.offset, length: call.length };
  if (verb === 'put') return { verb, name, length: sourceLength(call.source) };
  return result instanceof Uint8Array ? { verb, name, length: result.length } : { verb, name };
}

function codeOf(error: unknown): string {
  if (isBitacoraError(error)) return error.code;
  return errnoCode(error) ?? (error instanceof Error ? error.name : 'unknown');
}
