import fc from 'fast-check';
import t from 'tap';
import { placeOfMember } from '../../../src/engine/records/place-of-member.js';
import { jsonText, parsed } from './json-text.js';

t.test('placeOfMember() finds a member and leaves the rest', async (t) => {
  await fc.assert(
    fc.asyncProperty(jsonText.object, jsonText.value, fc.nat({ max: 4 }), async (text, value, place) => {
      const members = Object.entries(JSON.parse(text) as object)
        .filter(([name]) => name !== 'data')
        .map(([name, one]) => `${JSON.stringify(name)} : ${JSON.stringify(one)}`);
      members.splice(place, 0, `"d\\u0061ta"\t: ${value}\n`);
      const body = Buffer.from(`{ ${members.join(' ,')} }`);
      const { start, end } = (await placeOfMember(body, 'data'))!;
      const rest = Buffer.concat([body.subarray(0, start), Buffer.from('null'), body.subarray(end)]);
      const { data, ...others } = parsed(rest)!.value as Record<string, unknown>;
      const expected = parsed(text)!.value as Record<string, unknown>;
      delete expected.data;
      return (
        data === null &&
        body.toString('utf8', start, end) === value &&
        JSON.stringify(Object.entries(others).sort()) === JSON.stringify(Object.entries(expected).sort())
      );
    }),
    { numRuns: 300 },
  );
  t.equal(await placeOfMember(Buffer.from('{"a":{"data":1}}'), 'data'), undefined);
  await t.rejects(placeOfMember(Buffer.from('{"data":1,"data":2}'), 'data'), /"data" stands there twice/);
  await t.rejects(placeOfMember(Buffer.from('{"data":1}}'), 'data'), /at byte 10/);
});
