import t from 'tap';
import { utf8 } from '../../src/base/index.js';
import { createPatterns } from '../../src/restore/patterns.js';
import { failed, look, makePlace } from './fixture.js';

const names = (path: string) => path.split('/').slice(1).map(utf8);
const within = (scope: string, include: string[], exclude: string[] = []) =>
  createPatterns(include, exclude).within(names(scope));

t.test('a full path and one below the scope mean the same', async (t) => {
  for (const pattern of ['/docs/*.pdf', '/srv/ana/docs/*.pdf', '/srv/*/docs/*.pdf', '/srv/**/docs/*.pdf']) {
    const selection = within('/srv/ana', [pattern]);
    t.equal(selection.choose('docs', true), 'descend', pattern);
    t.equal(selection.choose('docs/a.pdf', false), 'take', pattern);
    t.equal(selection.choose('docs/a.txt', false), 'skip', pattern);
    t.equal(selection.choose('other/a.pdf', false), 'skip', pattern);
  }
  t.equal(within('/srv/ben', ['/srv/ana/docs/*.pdf']).choose('docs/a.pdf', false), 'skip', 'of another scope');
});

t.test('a directory only is no file', async (t) => {
  const selection = within('/srv/ana', ['/srv/ana/docs/']);
  t.equal(selection.choose('docs', true), 'take');
  t.equal(selection.choose('docs', false), 'skip');
});

t.test('the scope itself, or what it lies in, is all of it', async (t) => {
  for (const pattern of ['/srv/ana', '/srv/ana/', '/srv', '/srv/*', '/srv/**']) {
    t.equal(within('/srv/ana', [pattern]).all, true, pattern);
  }
  t.equal(within('/srv/ana', ['/srv/an']).choose('x', false), 'skip');
  const but = within('/srv/ana', ['/srv/ana', '!/srv/ana/x']);
  t.equal(but.choose('y', false), 'take');
  t.equal(but.choose('x', false), 'skip', 'what is taken back');
});

t.test('what is left out is left out by its full path as well', async (t) => {
  const selection = within('/srv/ana', [], ['/srv/ana/cache']);
  t.equal(selection.choose('cache', true), 'skip');
  t.equal(selection.choose('deep/cache', true), 'take');
  t.equal(within('/srv/ana', [], ['/srv/ana']).choose('', true), 'skip', 'a whole scope');
  t.equal(within('/srv/ana', [], ['/srv']).choose('x', false), 'take', 'a name above it may mean one below it');
  t.equal(within('/srv/ana', [], ['/srv']).choose('srv', true), 'skip');
});

t.test('restores take full paths', async (t) => {
  const place = await makePlace(t);
  const { tree } = place;
  const docs = tree.directory('docs', [tree.file('a.pdf', '1'), tree.file('b.txt', '2')]);
  const ana = place.scope('/srv/ana', tree.directory('', [docs, tree.file('c.pdf', '3')]));
  const dump = place.scope('/_streams/dump.sql', tree.file('', 'the dump'));
  await tree.store();
  const some = await place.run([ana, dump], { include: ['/srv/ana/docs/*.pdf', '/_streams/dump.sql'], verify: true });
  t.same(failed(some), []);
  t.same([some.files, some.verified], [2, 2]);
  const wanted = ['_streams/', '_streams/dump.sql = the dump', 'srv/', 'srv/ana/', 'srv/ana/docs/'];
  t.same(look(place.target), [...wanted, 'srv/ana/docs/a.pdf = 1']);
  await t.rejects(place.run([ana, dump], { include: ['/srv/ben/*.pdf'], overwrite: 'never' }), {
    code: 'UNKNOWN_PATH',
  });
});
