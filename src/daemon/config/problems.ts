import type { z } from 'zod';
import { nearest } from '../../api/index.js';
import { lineOf } from './key-lines.js';
import { configSchema } from './schema.js';

/** One thing that is wrong in a configuration file. */
export interface ConfigProblem {
  /** From 1; undefined where the file as a whole is meant. */
  readonly line: number | undefined;
  /** `backup.storage.local.path`; empty where no key is meant. */
  readonly key: string;
  /** A sentence. */
  readonly message: string;
}

/** What the schema finds wrong, in the order of the file, with the keys that may have been meant. */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  lines: ReadonlyMap<string, number>,
): ConfigProblem[] {
  const problems = issues.flatMap((issue) => explain(issue, value));
  return problems
    .map(({ path, message }) => ({ line: lineOf(lines, path), key: keyText(path), message }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

interface Explained {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function explain(issue: z.core.$ZodIssue, value: unknown): Explained[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...issue.path, key]));
  const { path, message } = issue;
  const key = keyText(path);
  const given = valueAt(value, path);
  if (given === undefined) return [{ path, message: `"${key}" is missing: expected ${message}.` }];
  // A rule about several members of one table.
  if (issue.code === 'custom' && typeof given === 'object') return [{ path, message: `[${key}] needs ${message}.` }];
  return [{ path, message: `"${key}" is ${shown(given)}: expected ${tableText(issue) ?? message}.` }];
}

/** Tables have no text of their own in the schema. */
function tableText(issue: z.core.$ZodIssue): string | undefined {
  return issue.code === 'invalid_type' && issue.expected === 'object' ? 'a table' : undefined;
}

function unknownKey(path: readonly PropertyKey[]): Explained {
  const name = String(path.at(-1));
  const valid = keysAt(path.slice(0, -1));
  const close = nearest(name, valid) ?? elsewhere(name);
  const next = close === undefined ? `Valid here: ${valid.join(', ')}.` : `Did you mean "${close}"?`;
  return { path, message: `"${keyText(path)}" is no setting. ${next}` };
}

/** The full key of every setting and table. */
export function allSettings(): string[] {
  return allKeys(configSchema, []);
}

/** The full key of a setting of exactly this name in another table. */
function elsewhere(name: string): string | undefined {
  return allSettings().find((key) => key.endsWith(`.${name}`));
}

function allKeys(schema: z.core.$ZodType, prefix: readonly string[]): string[] {
  const shape = shapeOf(schema);
  if (!shape) return [prefix.join('.')];
  return Object.entries(shape).flatMap(([key, inner]) => [
    [...prefix, key].join('.'),
    ...(shapeOf(inner) ? allKeys(inner, [...prefix, key]) : []),
  ]);
}

function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: z.core.$ZodType | undefined = configSchema;
  for (const step of path) if (typeof step === 'string') schema = schema && shapeOf(schema)?.[step];
  return Object.keys((schema && shapeOf(schema)) ?? {});
}

/** The members of a table, or of each table of a list, however optional it is. */
function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const { def } = schema._zod as { def: { type: string; innerType?: z.core.$ZodType; element?: z.core.$ZodType } };
  if (def.type === 'object') return (def as unknown as { shape: Record<string, z.core.$ZodType> }).shape;
  const inner = def.innerType ?? def.element;
  return inner && shapeOf(inner);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return at;
}

/** `source.0.path` is `source[1].path` to people, who count from 1. */
function keyText(path: readonly PropertyKey[]): string {
  return path
    .map((step, depth) => (typeof step === 'number' ? `[${step + 1}]` : `${depth > 0 ? '.' : ''}${String(step)}`))
    .join('');
}

const SHOWN_CHARS = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS - 1)}…`;
}
