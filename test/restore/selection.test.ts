import t from 'tap';
import { createSelection } from '../../src/restore/selection.js';
import { failed, look, makePlace } from './fixture.js';

t.test('without patterns everything is taken', async (test) => {
  const selection = createSelection();
  test.equal(selection.all, true);
  test.equal(selection.choose('a/b', false), 'take');
});

t.test('excludes win, and take what is below with them', async (test) => {
  const selection = createSelection(['a/'], ['*.log']);
  test.equal(selection.choose('a', true), 'take');
  test.equal(selection.choose('a/x', false), 'take');
  test.equal(selection.choose('a/x.log', false), 'skip');
});

t.test('patterns tell upper case from lower case, as names do', async (test) => {
  const included = createSelection(['*.txt', '/Docs/**/z']);
  test.equal(included.choose('a.txt', false), 'take');
  test.equal(included.choose('a.TXT', false), 'skip');
  test.equal(createSelection(['/Docs/**/z']).choose('Docs', true), 'descend');
  test.equal(createSelection(['/Docs/**/z']).choose('docs', true), 'skip');
  const excluded = createSelection([], ['*.log']);
  test.equal(excluded.choose('a.LOG', false), 'take');
  test.equal(excluded.choose('a.log', false), 'skip');
});

t.test('patterns hold for trees of any size', async (test) => {
  const selection = createSelection(['*.txt'], ['/secret/']);
  let taken = 0;
  for (let file = 0; file < 45_000; file++) if (selection.choose(`f${file}.txt`, false) === 'take') taken++;
  test.equal(taken, 45_000);
  test.equal(selection.choose('other', false), 'skip');
  test.equal(selection.choose('secret', true), 'skip');
});

t.test('a directory is entered only where something below may match', async (test) => {
  const choices: readonly (readonly [string, string, string])[] = [
    ['/a/b/*.txt', 'a', 'descend'],
    ['/a/b/*.txt', 'a/b', 'descend'],
    ['/a/b/*.txt', 'c', 'skip'],
    ['/a/b/*.txt', 'a/c', 'skip'],
    ['/a/b/*.txt', 'a/b/c', 'skip'],
    ['a/*/c', 'a/x', 'descend'],
    ['*.txt', 'any/where', 'descend'],
    ['/a/**/z', 'a/x/y', 'descend'],
    ['/a/**/z', 'b', 'skip'],
    ['**/z', 'b/c', 'descend'],
    ['/a', 'a', 'take'],
    ['/a', 'b', 'skip'],
  ];
  for (const [pattern, directory, choice] of choices) {
    test.equal(createSelection([pattern]).choose(directory, true), choice, `${pattern} against ${directory}`);
  }
});

t.test('only directories on the way to a match are made', async (test) => {
  const place = await makePlace(test);
  const entries = [
    place.tree.directory('a', [place.tree.directory('b', [place.tree.file('x.txt', '1'), place.tree.file('y', '2')])]),
    place.tree.directory('c', [place.tree.file('y', '3')]),
    place.tree.directory('empty', []),
  ];
  const report = await place.restore(entries, { include: ['*.txt'] });
  test.same(failed(report), []);
  test.same(look(place.target), ['a/', 'a/b/', 'a/b/x.txt = 1']);
});
