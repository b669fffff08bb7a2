import { concatBytes, utf8 } from '../../base/index.js';

const SLASH = utf8('/');

/** A path of names joined by single slashes, without one in front. */
export function joinNames(path: Uint8Array, name: Uint8Array): Uint8Array {
  return path.length === 0 ? name : concatBytes([path, SLASH, name]);
}
