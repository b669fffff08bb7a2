import { asBuffer, BitacoraError, printable } from '../base/index.js';
import { checkEntryName } from '../snapshot/index.js';
import type { RestoreScope } from './options.js';

const SLASH = 0x2f;

/** The names on an absolute path. Throws `DATA_CORRUPT` for a path that no backup would have written. */
export function pathNames(path: Uint8Array): Uint8Array[] {
  if (path[0] !== SLASH)
    throw new BitacoraError('DATA_CORRUPT', `A scope's path is not absolute: "${printable(path)}".`);
  const names: Uint8Array[] = [];
  let start = 1;
  for (let i = 1; i <= path.length; i++) {
    if (i < path.length && path[i] !== SLASH) continue;
    if (i > start) names.push(path.subarray(start, i));
    start = i + 1;
  }
  for (const name of names) checkEntryName(name);
  return names;
}

/** A scope with those that lie inside it. */
export interface PlacedScope {
  readonly scope: RestoreScope;
  readonly names: readonly Uint8Array[];
  /** By their path below this scope. */
  readonly nested: Map<string, RestoreScope>;
}

/**
 * Sorts scopes so that each is restored once: one that lies inside another takes the place of what the outer one holds
 * there, since it was captured whole by itself.
 */
export function placeScopes(scopes: readonly RestoreScope[]): PlacedScope[] {
  const placed: PlacedScope[] = [];
  const byDepth = scopes.map((scope) => ({ scope, names: pathNames(scope.path), nested: new Map() }));
  byDepth.sort((a, b) => a.names.length - b.names.length);
  for (const candidate of byDepth) {
    const outer = placed.find(({ names }) => isInside(candidate.names, names));
    if (!outer) placed.push(candidate);
    else if (candidate.names.length === outer.names.length) {
      const message = `Two scopes have the path "${printable(candidate.scope.path)}". Choose one of them.`;
      throw new BitacoraError('USAGE', message);
    } else outer.nested.set(textOf(candidate.names.slice(outer.names.length)), candidate.scope);
  }
  return placed;
}

function isInside(names: readonly Uint8Array[], outer: readonly Uint8Array[]): boolean {
  return names.length >= outer.length && outer.every((name, i) => asBuffer(name).equals(names[i]!));
}

function textOf(names: readonly Uint8Array[]): string {
  return names.map((name) => asBuffer(name).toString('utf8')).join('/');
}
