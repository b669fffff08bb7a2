import { posix } from 'node:path';
import { compareBytes, concatBytes, utf8 } from '../base/index.js';

const SLASH = 0x2f;

/** The names of an absolute path. */
export function splitPath(path: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at <= path.length; at++) {
    if (at < path.length && path[at] !== SLASH) continue;
    if (at > start) names.push(path.subarray(start, at));
    start = at + 1;
  }
  return names;
}

/** Whether `path` is `root` or lies below it. Both absolute. */
export function isWithin(path: Uint8Array, root: Uint8Array): boolean {
  const names = splitPath(path);
  const above = splitPath(root);
  return above.length <= names.length && above.every((name, depth) => compareBytes(name, names[depth]!) === 0);
}

export function joinPath(path: Uint8Array, name: Uint8Array): Uint8Array {
  return concatBytes(path.at(-1) === SLASH ? [path, name] : [path, utf8('/'), name]);
}

/** A full path of one that lacks the slash in front. */
export function fullPath(names: Uint8Array): Uint8Array {
  return concatBytes([utf8('/'), names]);
}

/** The bytes that a path on the command line may mean: itself, and where it has `\xNN` in it, with those bytes. */
export function pathReadings(text: string): Uint8Array[] {
  const clean = posix.normalize(`/${text}`);
  const readings = [utf8(clean)];
  if (/\\x[0-9a-f]{2}/i.test(clean)) readings.push(unescaped(clean));
  return readings;
}

function unescaped(text: string): Uint8Array {
  const parts = text.split(/\\x([0-9a-f]{2})/i);
  return concatBytes(
    parts.map((part, index) => (index % 2 === 0 ? utf8(part) : Uint8Array.of(Number.parseInt(part, 16)))),
  );
}
