import { type ZodType, z } from 'zod';
import { BitacoraError } from '../../base/index.js';

/** JSON Schema, as far as it is looked into here. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly [key: string]: unknown;
}

export function jsonSchema(schema: ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest as JsonSchema;
}

type Members = Readonly<Record<string, unknown>>;

/** Reads what a call brings: names in its path and its query are text, which the schema says how to read. */
export class InputReader<Input> {
  readonly schema: JsonSchema;
  readonly #input: ZodType<Input>;

  constructor(input: ZodType<Input>) {
    this.#input = input;
    this.schema = jsonSchema(input, 'input');
  }

  /** @throws {BitacoraError} `USAGE` with `details.problems`, all of them at once. */
  read(texts: readonly Members[], body: unknown): Input {
    const members: Record<string, unknown> = {};
    for (const part of texts) {
      for (const [name, text] of Object.entries(part)) put(members, name, this.#value(name, text));
    }
    if (body !== undefined && body !== null) {
      if (typeof body !== 'object' || Array.isArray(body)) {
        throw new BitacoraError('USAGE', 'The body of this call is a JSON object.');
      }
      for (const [name, value] of Object.entries(body)) put(members, name, value);
    }
    const parsed = this.#input.safeParse(members);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    const text = problems.map(({ path, message }) => (path === '' ? message : `"${path}": ${message}`)).join('; ');
    throw new BitacoraError('USAGE', `The call is wrong. ${text}.`, { details: { problems } });
  }

  /** What cannot be read stays text, and the schema refuses it. */
  #value(name: string, text: unknown): unknown {
    const type = this.schema.properties?.[name]?.type;
    if (type === 'array') return Array.isArray(text) ? text : [text];
    if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
    if (type === 'integer' || type === 'number') {
      return typeof text === 'string' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
    }
    return text;
  }
}

function put(members: Record<string, unknown>, name: string, value: unknown): void {
  if (Object.hasOwn(members, name)) {
    throw new BitacoraError('USAGE', `"${name}" is given twice, in the path and beside it.`);
  }
  // Not an assignment: a name such as "__proto__" is a member like any other, for the schema to refuse.
  Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true });
}
