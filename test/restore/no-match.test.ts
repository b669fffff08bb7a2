import t from 'tap';
import { failed, look, makePlace } from './fixture.js';

t.test('patterns that match nothing are told, also in a dry run', async (test) => {
  const place = await makePlace(test);
  const entries = [place.tree.directory('d', [place.tree.file('a', '1')])];
  for (const dryRun of [true, false]) {
    const run = place.restore(entries, { include: ['*.sql', 'd/b'], dryRun });
    await test.rejects(run, { code: 'UNKNOWN_PATH', message: /matches "\*.sql", "d\/b"/ });
  }
  test.same(look(place.target), []);
  test.same(failed(await place.restore(entries, { include: ['nothing', 'd/a'] })), []);
  test.same(look(place.target), ['d/', 'd/a = 1']);
});

t.test('a pattern that matches only what is there already has matched', async (test) => {
  const place = await makePlace(test);
  const entries = [place.tree.file('a', '1', { mtimeNsec: 0 })];
  await place.restore(entries);
  const again = await place.restore(entries, { include: ['a'], overwrite: 'changed' });
  test.equal(again.identical, 1);
});

t.test('a scope that is one file is chosen by its name', async (test) => {
  const place = await makePlace(test);
  const dump = place.scope('/_streams/dump.sql', place.tree.file('', 'the dump'));
  const other = place.scope('/srv', place.tree.directory('', [place.tree.file('dump.txt', 'text')]));
  await place.tree.store();
  const options = { include: ['dump.sql'], verify: true };
  const report = await place.run([dump, other], options);
  test.same(failed(report), []);
  test.same([report.files, report.verified], [1, 1]);
  test.same(look(place.target), ['_streams/', '_streams/dump.sql = the dump']);
  const without = await place.run([dump, other], { exclude: ['*.sql'], overwrite: 'changed', verify: true });
  test.same([without.files, without.verified], [1, 1]);
  test.ok(look(place.target).includes('srv/dump.txt = text'));
});

t.test('what could not be read may have matched', async (test) => {
  const place = await makePlace(test);
  const lost = place.tree.directoryOf('d', new Uint8Array(32).fill(7));
  const report = await place.restore([lost], { include: ['d/a'] });
  test.same(failed(report), ['OBJECT_MISSING d']);
});
