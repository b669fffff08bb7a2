import t from 'tap';
import type { RecordCollection } from '../../src/format/index.js';
import { createRecordWish, matchesText } from '../../src/restore/record-wish.js';

const list = (name: string): RecordCollection => ({ name, shape: 'list', records: 3, bytes: 9 });
const sparks = list('sparks');

/** What a wish says of a collection, and of its records with these ids. */
function asked(include: string[], exclude: string[], ids: (string | undefined)[], scope = 'session:1') {
  const wish = createRecordWish(include, exclude);
  const much = wish?.collection(sparks, scope) ?? 'all';
  if (much !== 'some') return much;
  return ids.filter((id) => wish!.record(sparks, scope, id));
}

t.test('items are named by collection and id', async (t) => {
  t.equal(createRecordWish([], []), undefined);
  t.same(asked(['sparks/3', 'topics/4'], [], ['3', '4', undefined]), ['3']);
  t.same(asked(['sparks/a*', 'sp?rks/?'], [], ['abc', 'x', 'xy', '']), ['abc', 'x']);
  t.same(asked(['sparks/a/b'], [], ['a', 'a/b', 'b']), ['a/b']);
  t.same(asked(['sparks/*.*'], [], ['*.*', 'a.b', 'ab']), ['*.*', 'a.b']);
  t.equal(asked(['topics', 'docs/*.pdf'], [], []), 'none');
  for (const all of ['sparks', 'sparks/', 'sparks/*', 's*', '*']) t.equal(asked([all], [], []), 'all', all);
});

t.test('what is left out wins', async (t) => {
  t.equal(asked([], ['topics'], []), 'all');
  t.equal(asked(['sparks/3'], ['sparks'], []), 'none');
  t.same(asked([], ['sparks/3'], ['3', '4', undefined]), ['4', undefined]);
  t.same(asked(['sparks/*'], ['sparks/3'], ['3', '4', undefined]), ['4', undefined]);
});

t.test('the files that records are restored to are named by paths', async (t) => {
  for (const path of [
    '/_records/session:1/sparks.ndjson',
    '/_records/session:1',
    '/_records',
    '*.ndjson',
    '/sparks.ndjson',
  ]) {
    t.equal(asked([path], [], []), 'all', path);
    t.equal(asked([], [path], []), 'none', path);
  }
  t.equal(asked(['/_records/session:2/**'], [], []), 'none');
  t.equal(asked(['/_records/session:2/**'], [], [], 'session:2'), 'all');
});

t.test('patterns of texts match from end to end, and end soon', async (t) => {
  t.equal(matchesText('', ''), true);
  t.equal(matchesText('a', 'ab'), false);
  t.equal(matchesText('*b', 'aab'), true);
  t.equal(matchesText('a*c*e', 'abcde'), true);
  t.equal(matchesText('a*c*f', 'abcde'), false);
  t.equal(matchesText('?', ''), false);
  t.equal(matchesText(`${'a*'.repeat(300)}b`, 'a'.repeat(1024)), false);
});
