import fc from 'fast-check';
import t from 'tap';
import { doubleMember } from '../../src/api/server/json-input.js';

t.test('doubleMember() finds the name that an object has twice, however it is written, and no other', (t) => {
  for (const [text, name] of [
    ['{"a":1,"a":2}', 'a'],
    ['{"a":{"b":[{"c":"x","d":1,"c":"y"}]}}', 'c'],
    ['{"a\\"":1,"b":2,"a\\u0022":3}', 'a"'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['[{"a":1},{"a":1}]', undefined],
    ['{"a":"a","b":["a","a",{"a":1}],"c":{"a":",\\"a\\":{"}}', undefined],
    ['"{\\"a\\":1,\\"a\\":2}"', undefined],
    ['{}', undefined],
  ] as const) {
    t.equal(doubleMember(text), name, text);
  }
  fc.assert(
    fc.property(fc.json(), fc.nat(4), (text, space) => {
      return doubleMember(JSON.stringify(JSON.parse(text), undefined, space)) === undefined;
    }),
  );
  t.end();
});
