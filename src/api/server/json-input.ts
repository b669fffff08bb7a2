import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  BACKSLASH,
  BitacoraError,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from '../../base/index.js';

/** Reads a call's own JSON: the callback has what it says, or the `USAGE` error. */
export type JsonReader = (
  request: FastifyRequest,
  text: string,
  done: (error: Error | null, value?: unknown) => void,
) => void;

/**
 * Fastify's parser, but strict in two things: a member that stands there twice is refused, since two readers of the call would understand it
 * differently, and `__proto__` is a name like any other, for the schema to refuse.
 */
export function jsonReader(app: FastifyInstance): JsonReader {
  const parse = app.getDefaultJsonParser('ignore', 'ignore');
  return (request, text, done) => {
    void parse(request, text, (error, value) => {
      const twice = error ? undefined : doubleMember(text);
      if (twice === undefined) return done(error, value);
      done(
        new BitacoraError('USAGE', `The call is wrong. The member ${JSON.stringify(twice)} stands there twice.`, {
          details: { member: twice },
        }),
      );
    });
  };
}

/** The first name that an object has twice, in text that is valid JSON. */
export function doubleMember(text: string): string | undefined {
  /** The names of each object that is open; undefined: an array. */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === OPEN_OBJECT) open.push(new Set());
    else if (char === OPEN_ARRAY) open.push(undefined);
    else if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) open.pop();
    if (char === OPEN_OBJECT || char === COMMA) isName = open.at(-1) !== undefined;
    if (char !== QUOTE) continue;
    const start = at;
    for (at++; text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++;
    if (!isName) continue;
    isName = false;
    const names = open.at(-1)!;
    const name = JSON.parse(text.slice(start, at + 1)) as string;
    if (names.has(name)) return name;
    names.add(name);
  }
  return undefined;
}
