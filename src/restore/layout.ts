import { asBuffer, BitacoraError, decodeUtf8, printable } from '../base/index.js';
import { ENTRY_TYPES } from '../format/index.js';
import { checkEntryName } from '../snapshot/index.js';
import type { RestoreScope } from './options.js';

const SLASH = 0x2f;
const SURROGATES = 0xdc00;

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
  const byPath = new Map<string, PlacedScope>();
  for (const candidate of byDepth) {
    const outer = outermost(byPath, candidate.names);
    if (!outer) {
      placed.push(candidate);
      byPath.set(pathKey(candidate.names), candidate);
    } else if (candidate.names.length === outer.names.length) {
      const message = `Two scopes have the path "${printable(candidate.scope.path)}". Choose one of them.`;
      throw new BitacoraError('USAGE', message);
    } else outer.nested.set(textOf(candidate.names.slice(outer.names.length)), candidate.scope);
  }
  return placed;
}

/** The scope at this path or above it; none of those given lies in another. */
function outermost(scopes: ReadonlyMap<string, PlacedScope>, names: readonly Uint8Array[]): PlacedScope | undefined {
  let key = '';
  let found = scopes.get(key);
  for (let i = 0; i < names.length && !found; i++) {
    key += pathKey([names[i]!]);
    found = scopes.get(key);
  }
  return found;
}

function pathKey(names: readonly Uint8Array[]): string {
  return names.map((name) => `/${asBuffer(name).toString('latin1')}`).join('');
}

function textOf(names: readonly Uint8Array[]): string {
  return names.map(nameText).join('/');
}

/**
 * A name as text, each its own: in one that is not UTF-8 every byte from 0x80 on becomes a lone surrogate, which no valid
 * text has.
 */
export function nameText(name: Uint8Array): string {
  const text = decodeUtf8(name);
  if (text !== undefined) return text;
  return asBuffer(name)
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (c) => String.fromCharCode(SURROGATES + c.charCodeAt(0)));
}

/** The path below a scope of what lies in `path`, as patterns and nested scopes are looked up by. */
export function joinText(path: string, name: Uint8Array): string {
  return path === '' ? nameText(name) : `${path}/${nameText(name)}`;
}

/** The directory that patterns see a scope's paths below: its root, or what a file lies in. */
export function rootBase({ scope, names }: Pick<PlacedScope, 'scope' | 'names'>): readonly Uint8Array[] {
  return scope.entry.type === ENTRY_TYPES.directory ? names : names.slice(0, -1);
}

/** What patterns see of a scope's root: nothing of a directory, the name of a file. */
export function rootText({ scope, names }: Pick<PlacedScope, 'scope' | 'names'>): string {
  const name = names.at(-1);
  return scope.entry.type === ENTRY_TYPES.directory || !name ? '' : nameText(name);
}
