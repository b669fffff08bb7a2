import t from 'tap';
import { spaceProblems } from '../../src/api/operations/status.js';
import { freeSpace } from '../../src/vault/index.js';

t.test('little free space is a problem, and space that cannot be told is none', async (t) => {
  t.match(spaceProblems({ freeBytes: 49, totalBytes: 1000 }), [{ code: 'NO_SPACE', message: /Only 4 %/ }]);
  t.same(spaceProblems({ freeBytes: 50, totalBytes: 1000 }), []);
  t.same(spaceProblems(undefined), []);
});

t.test('freeSpace() tells what is left where something is, and nothing where nothing is', async (t) => {
  const space = await freeSpace('/');
  t.ok(space && space.totalBytes > 0 && space.freeBytes <= space.totalBytes);
  t.equal(await freeSpace('/nowhere/at-all'), undefined);
});
