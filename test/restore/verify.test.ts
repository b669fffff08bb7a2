import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { failed, makePlace } from './fixture.js';

t.test('verifying lists a file whose chunk list cannot be read, and goes on with the others', async (test) => {
  const place = await makePlace(test);
  const lost = place.tree.file('b', '', { content: { form: 'list', id: new Uint8Array(32).fill(3) }, size: 5 });
  writeFileSync(join(place.target, 'b'), 'mine!');
  const entries = [place.tree.file('a', '1'), lost, place.tree.file('c', '3')];
  const report = await place.restore(entries, { overwrite: 'never', verify: true });
  test.same(failed(report), ['OBJECT_MISSING b']);
  test.equal(report.verified, 2);
  test.ok(report.corrupt);
});

t.test('verifying finds a file that `never` kept and that differs', async (test) => {
  const place = await makePlace(test);
  writeFileSync(join(place.target, 'a'), '2');
  const report = await place.restore([place.tree.file('a', '1')], { overwrite: 'never', verify: true });
  test.same(failed(report), ['DATA_CORRUPT a']);
  test.equal(report.verified, 0);
});
