import t from 'tap';
import { createGlob } from '../../../src/restore/find/glob.js';

/** Pattern → paths below the scope "srv/ana" that match, and that do not. Directories end in '/'. */
const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['*.pdf', ['a.pdf', 'x/b.pdf', 'x.pdf/', 'x.pdf/c.pdf'], ['a.pdfx', 'x.pdf/c', 'A.PDF']],
  ['docs', ['docs/', 'docs', 'x/docs'], ['docs/a', 'mydocs']],
  ['docs/', ['docs/', 'x/docs/'], ['docs', 'docs/a']],
  ['docs/*', ['docs/a', 'docs/b/'], ['docs/b/c', 'x/docs/a']],
  ['/docs', ['docs/'], ['x/docs']],
  ['docs/**', ['docs/a', 'docs/b/c/d'], ['docs/', 'x/docs/a']],
  ['**/b/*.c', ['b/x.c', 'a/b/x.c'], ['b/a/x.c']],
  ['a/**/z', ['a/z', 'a/b/c/z', 'a/z/z'], ['z']],
  ['[ab]?', ['a1', 'x/b2'], ['c1', 'a']],
  ['/srv/ana/docs/*.pdf', ['docs/a.pdf'], ['docs/x/a.pdf', 'a.pdf']],
  ['/srv/ana', [''], ['a']],
];

for (const [pattern, matching, other] of CASES) {
  t.test(`the pattern ${pattern}`, async (test) => {
    const glob = createGlob(pattern);
    for (const [paths, expected] of [
      [matching, true],
      [other, false],
    ] as const) {
      for (const given of paths) {
        const directory = given === '' || given.endsWith('/');
        const below = given.replace(/\/$/, '');
        const path = below === '' ? 'srv/ana' : `srv/ana/${below}`;
        test.equal(glob.matches(path, below, directory), expected, given);
        if (!expected) continue;
        const names = below.split('/');
        for (let depth = 0; depth < names.length; depth++) {
          const above = names.slice(0, depth).join('/');
          test.ok(glob.reaches(above === '' ? 'srv/ana' : `srv/ana/${above}`, above), `"${above}" may hold ${given}`);
        }
      }
    }
  });
}

t.test('a directory that cannot hold a match is not looked into', async (test) => {
  test.notOk(createGlob('/docs/*.pdf').reaches('srv/ana/other', 'other'));
  test.notOk(createGlob('docs/*/x').reaches('srv/ana/docs/a/b', 'docs/a/b'));
});

t.test('many questions do not change the answers', async (test) => {
  const glob = createGlob('*.pdf');
  for (let i = 0; i < 20_100; i++) glob.matches(`d/${i}`, `${i}`, false);
  test.ok(glob.matches('d/x.pdf', 'x.pdf', false));
  test.notOk(glob.matches('d/x', 'x', false));
});
