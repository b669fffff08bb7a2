import { concatBytes, utf8 } from '../../base/index.js';
import { joinText, pathNames } from '../layout.js';

const SLASH = utf8('/');

/** A path of names joined by single slashes, without one in front. */
export function joinNames(path: Uint8Array, name: Uint8Array): Uint8Array {
  return path.length === 0 ? name : concatBytes([path, SLASH, name]);
}

/** Such a path as text, as patterns are matched with it. */
export function pathText(path: Uint8Array): string {
  return path.length === 0 ? '' : pathNames(concatBytes([SLASH, path])).reduce(joinText, '');
}
