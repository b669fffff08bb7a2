import { BitacoraError } from '../base/index.js';

/** The error of bytes that are not what docs/format.md says. `object` names what was read, `problem` completes the sentence. */
export function corrupt(object: string, problem: string, cause?: unknown): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `Cannot read ${object}: ${problem}.`, { details: { object }, cause });
}

/** The error of well-formed bytes that say something this version has no word for. */
export function newer(object: string, problem: string): BitacoraError {
  return new BitacoraError('FORMAT_NEWER', `Cannot read ${object}: ${problem}. Upgrade bitacora.`, {
    details: { object },
  });
}
