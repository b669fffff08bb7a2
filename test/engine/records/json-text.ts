import fc from 'fast-check';

/** White space that JSON allows between its parts. */
const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);

const number = fc.oneof(
  fc.stringMatching(/^-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,4})?$/),
  fc.integer().map(String),
);

/** A JSON string in characters of every kind, some of them escaped without need. */
const text = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }).map((part) => JSON.stringify(part).slice(1, -1)),
    fc.constantFrom('\\u0041', '\\ud83d\\ude00', '\\ud800', '\\/', '\u2028', '\u007f', 'é', '😀', '\\\\', '\\"'),
  ),
  { maxLength: 5 },
);
const string = text.map((parts) => `"${parts.join('')}"`);

/** JSON as somebody may write it, with white space, duplicate names, and numbers that no program holds. */
export const jsonText = fc.letrec<{ value: string; object: string; list: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('true', 'false', 'null'),
    number,
    string,
    tie('object'),
    tie('list'),
  ),
  object: fc
    .tuple(space, fc.array(fc.tuple(space, string, space, space, tie('value'), space), { maxLength: 4 }))
    .map(([inner, members]) => {
      const parts = members.map(([a, name, b, c, value, d]) => `${a}${name}${b}:${c}${value}${d}`);
      return `{${parts.length === 0 ? inner : parts.join(',')}}`;
    }),
  list: fc
    .tuple(space, fc.array(fc.tuple(space, tie('value'), space), { maxLength: 4 }))
    .map(([inner, items]) => `[${items.length === 0 ? inner : items.map((parts) => parts.join('')).join(',')}]`),
}));

/** What `JSON.parse` makes of it, or undefined where it is none. */
export function parsed(json: string | Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(typeof json === 'string' ? json : Buffer.from(json).toString()) };
  } catch {
    return undefined;
  }
}
