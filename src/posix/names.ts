import { constants } from 'node:os';
import { systemError } from './errors.js';

const SLASH = 0x2f;
const DOT = 0x2e;
const PATH_MAX = 4096;

/** Room for one path with its terminating NUL; each thread has its own, since each loads its own modules. */
export function pathBuffer(): Uint8Array {
  return new Uint8Array(PATH_MAX + 1);
}

/**
 * Copies one directory entry's name into `into` and terminates it with NUL.
 * Throws `EINVAL` for what is not a single name ('', '.', '..', a slash or NUL inside), so that no call
 * relative to a directory can ever lead out of it; `ENAMETOOLONG` for what no kernel takes.
 */
export function terminateName(name: Uint8Array, into: Uint8Array, syscall: string): Uint8Array {
  const length = name.length;
  if (length >= PATH_MAX) throw systemError(constants.errno.ENAMETOOLONG, syscall, name);
  if (length === 0 || (name[0] === DOT && (length === 1 || (length === 2 && name[1] === DOT)))) {
    throw systemError(constants.errno.EINVAL, syscall, name);
  }
  for (let i = 0; i < length; i++) {
    const byte = name[i]!;
    if (byte === 0 || byte === SLASH) throw systemError(constants.errno.EINVAL, syscall, name);
    into[i] = byte;
  }
  into[length] = 0;
  return into;
}

/** The same for bytes that are no entry name (a path, a link's target, an attribute's name): only NUL is refused. */
export function terminateBytes(bytes: Uint8Array, into: Uint8Array, syscall: string): Uint8Array {
  if (bytes.length >= PATH_MAX) throw systemError(constants.errno.ENAMETOOLONG, syscall, bytes);
  if (bytes.includes(0)) throw systemError(constants.errno.EINVAL, syscall, bytes);
  into.set(bytes);
  into[bytes.length] = 0;
  return into;
}

/** `/proc/self/fd/N/name`: what `openat` and its kin would reach, for calls that know only paths. */
export function procPath(dirfd: number, name: Uint8Array, syscall: string): Buffer {
  terminateName(name, checked, syscall);
  return Buffer.concat([Buffer.from(`/proc/self/fd/${dirfd}/`), name]);
}

const checked = pathBuffer();

/** Splits a relative path at its slashes. Throws `EINVAL` for an absolute path and for any refused component. */
export function splitRelative(relative: Uint8Array, syscall: string): Uint8Array[] {
  const components: Uint8Array[] = [];
  let start = 0;
  for (let i = 0; i <= relative.length; i++) {
    if (i < relative.length && relative[i] !== SLASH) continue;
    const component = relative.subarray(start, i);
    terminateName(component, checked, syscall);
    components.push(component);
    start = i + 1;
  }
  return components;
}
