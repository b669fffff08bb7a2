import { decode } from '@msgpack/msgpack';
import { ensure } from './reader-bytes.js';

/**
 * What a body must look like: a map with exactly these members, an array of one kind, or a leaf: `int`, `str`, `bin`, `bin`
 * and a length, or words with `|` between; a `?` behind it allows nil.
 */
export type Spec = string | readonly [Spec] | { readonly [key: string]: Spec };

/** Decodes a body, or a part of it, after checking it; `T` is what the specification describes. */
export function readBody<T>(body: Uint8Array, spec: Spec, where: string): T {
  return checked<T>(decode(body), spec, where);
}

export function checked<T>(value: unknown, spec: Spec, where: string): T {
  check(value, spec, where);
  return value as T;
}

function check(value: unknown, spec: Spec, where: string): void {
  if (typeof spec === 'string') {
    ensure(isLeaf(value, spec), `${where} is not ${spec}`);
  } else if (isArraySpec(spec)) {
    ensure(Array.isArray(value), `${where} is not an array`);
    for (const each of value) check(each, spec[0], where);
  } else {
    ensure(value instanceof Object && !ArrayBuffer.isView(value), `${where} is not a map`);
    const members = new Map<string, unknown>(Object.entries(value));
    for (const key of members.keys()) ensure(Object.hasOwn(spec, key), `${where}.${key} is for a newer reader`);
    for (const [key, inner] of Object.entries(spec)) check(members.get(key), inner, `${where}.${key}`);
  }
}

const isArraySpec = (spec: object): spec is readonly [Spec] => Array.isArray(spec);

function isLeaf(value: unknown, spec: string): boolean {
  if (spec.endsWith('?')) return value === null || isLeaf(value, spec.slice(0, -1));
  if (spec === 'str|absent') return typeof value === 'string' || value === undefined;
  if (spec === 'int|absent') return value === undefined || isLeaf(value, 'int');
  if (spec === 'true|absent') return value === true || value === undefined;
  if (spec === 'int') return Number.isSafeInteger(value) && Number(value) >= 0;
  if (spec === 'str') return typeof value === 'string';
  if (!/^bin\d*$/.test(spec)) return typeof value === 'string' && spec.split('|').includes(value);
  return value instanceof Uint8Array && (spec === 'bin' || value.length === Number(spec.slice(3)));
}
