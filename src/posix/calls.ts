import { nativeCallsForbidden } from './environment.js';
import { nativeCalls } from './native/native-calls.js';
import { plainCalls } from './plain/plain-calls.js';
import type { SystemCalls } from './system-calls.js';

let chosen: SystemCalls | undefined;

/** The way in use, chosen at the first call of the thread. */
export function calls(): SystemCalls {
  chosen ??= (nativeCallsForbidden() ? undefined : nativeCalls()) ?? plainCalls;
  return chosen;
}
