import fc from 'fast-check';
import t from 'tap';
import { utf8 } from '../../src/base/index.js';
import { checkObjectName, RESERVED_TOP_NAMES } from '../../src/storage/index.js';
import { HOSTILE_NAMES } from './contract.js';

function accepted(name: string): boolean {
  try {
    checkObjectName(name);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

t.test('names that the program makes are accepted', async (t) => {
  for (const name of [
    'vault.json',
    'users/0a1b/packs/ab/abcdef',
    'a',
    'x.y-z_0',
    '.hidden',
    'a/tmp/lock',
    'tmpx',
    '...',
  ]) {
    t.ok(accepted(name), name);
  }
});

t.test('hostile and reserved names are refused', async (t) => {
  for (const name of HOSTILE_NAMES) t.notOk(accepted(name), JSON.stringify(name.slice(0, 40)));
  for (const name of RESERVED_TOP_NAMES) t.notOk(accepted(`${name}/x`), name);
});

t.test('whatever is accepted stays below the root and sorts as its bytes do', async (t) => {
  const character = fc.constantFrom('a', 'Z', '0', '.', '-', '_', '/', '\\', ' ', '\0', 'é', '~');
  const name = fc.oneof(
    fc.string(),
    fc.array(character, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(name, name, (a, b) => {
      if (!accepted(a)) return true;
      const below = new URL(a, 'file:///root/').href === `file:///root/${a}`;
      return below && (!accepted(b) || Math.sign(Buffer.compare(utf8(a), utf8(b))) === (a < b ? -1 : a > b ? 1 : 0));
    }),
    { numRuns: 2000 },
  );
  t.pass('for 2000 pairs');
});
