import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { failed, look, makePlace } from './fixture.js';

for (const flatten of [true, false]) {
  t.test(`what other restores wrote of records is no scope's to delete (flatten: ${flatten})`, async (t) => {
    const place = await makePlace(t);
    const root = place.scope(flatten ? '/s' : '/', place.tree.directory('', [place.tree.file('a', '1')]));
    await place.tree.store();
    mkdirSync(join(place.target, '_records'));
    writeFileSync(join(place.target, '_records', 'x'), 'records');
    writeFileSync(join(place.target, 'extra'), 'gone');
    const report = await place.run([root], { flatten, delete: true, overwrite: 'always' });
    t.same(failed(report), []);
    t.same(look(place.target), ['_records/', '_records/x = records', 'a = 1']);
  });
}

t.test('a directory of that name inside a scope is like any other', async (t) => {
  const place = await makePlace(t);
  const scope = place.scope('/s', place.tree.directory('', [place.tree.file('a', '1')]));
  await place.tree.store();
  mkdirSync(join(place.target, 's', '_records'), { recursive: true });
  await place.run([scope], { delete: true, overwrite: 'always' });
  t.same(look(place.target), ['s/', 's/a = 1']);
});
