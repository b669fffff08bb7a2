import { decode, encode } from '@msgpack/msgpack';
import type { SeededRandom } from '../campaign/random.js';

/** Values that a body may not hold, or hold elsewhere. */
function anyValue(random: SeededRandom, depth = 0): unknown {
  const plain: readonly unknown[] = [
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 32,
    2 ** 53,
    Number.MAX_SAFE_INTEGER,
    Number.NaN,
    '',
    '..',
    'manifest',
    'checkpoint',
    '__proto__',
    '\ud800',
    'x'.repeat(70_000),
    new Uint8Array(0),
    new Uint8Array(16),
    new Uint8Array(32),
    new Date(0),
  ];
  if (depth > 9 || random.chance(0.8)) return random.pick(plain);
  const length = random.below(random.chance(0.05) ? 200 : 4);
  if (random.chance(0.5)) return Array.from({ length }, () => anyValue(random, depth + 1));
  return Object.fromEntries(Array.from({ length }, (_, i) => [`k${i}`, anyValue(random, depth + 1)]));
}

/** A body with some of its values exchanged, gone, doubled or wrapped, encoded as it should be. */
export function restructured(body: Uint8Array, random: SeededRandom): Uint8Array {
  let value: unknown = decode(body);
  for (let left = 1 + random.below(3); left > 0; left--) value = edited(value, random);
  return encode(value, { maxDepth: 200 });
}

function edited(value: unknown, random: SeededRandom): unknown {
  if (Array.isArray(value) && value.length > 0 && random.chance(0.85)) {
    const place = random.below(value.length);
    if (random.chance(0.1)) return [...value, ...value];
    return value.map((item, i) => (i === place ? edited(item, random) : item));
  }
  if (isMap(value) && random.chance(0.9)) return editedMap(value, random);
  return random.chance(0.1) ? [value] : anyValue(random);
}

function editedMap(map: Record<string, unknown>, random: SeededRandom): unknown {
  const keys = Object.keys(map);
  if (keys.length === 0 || random.chance(0.05)) return { ...map, [`new ${random.below(9)}`]: anyValue(random) };
  const key = random.pick(keys);
  const { [key]: value, ...rest } = map;
  if (random.chance(0.05)) return rest;
  if (random.chance(0.05)) return { ...rest, [`${key}x`]: value };
  return { ...rest, [key]: edited(value, random) };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(value instanceof Date);
}
