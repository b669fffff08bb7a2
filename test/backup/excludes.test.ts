import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Excludes } from '../../src/backup/excludes.js';
import type { BackupOptions } from '../../src/backup/index.js';
import { utf8 } from '../../src/base/index.js';
import { makeSetting } from './fixture.js';

/** The files of a snapshot of `paths`, taken with `options`. */
async function kept(
  t: Test,
  files: Readonly<Record<string, string>>,
  options: Partial<BackupOptions>,
): Promise<{ names: string[]; excluded: number }> {
  const setting = await makeSetting(t);
  for (const [path, content] of Object.entries(files)) setting.write(path, content);
  const report = await setting.run(options);
  t.equal(report.status, 'complete');
  const names = [...(await setting.read(report.scopes[0]!)).entries()]
    .filter(([, { bytes }]) => bytes !== undefined)
    .map(([name]) => name);
  return { names, excluded: report.counts.excluded };
}

t.test('backup() leaves out what patterns match, as git would', async (t) => {
  const files = {
    'a.log': '',
    'A.LOG': '',
    'keep.log': '',
    'x/a.log': '',
    'x/b.txt': '',
    'build/x': '',
    'x/build': '',
  };
  const { names, excluded } = await kept(t, files, { exclude: ['*.log', '!keep.log', '/build/'] });
  t.same(names, ['A.LOG', 'keep.log', 'x/b.txt', 'x/build'], 'case matters, and a slash means directories');
  t.equal(excluded, 3);
});

t.test('backup() lets deeper rules take back what shallower ones exclude', async (t) => {
  const files = {
    '.bitacoraignore': '*.tmp\n/only-here\n# a comment\n',
    'a.tmp': '',
    'only-here': '',
    'x/only-here': '',
    'x/.bitacoraignore': '!b.tmp\nc\n',
    'x/b.tmp': '',
    'x/c': '',
    'x/y/b.tmp': '',
    'x/y/c': '',
    'z/b.tmp': '',
    c: '',
  };
  const { names } = await kept(t, files, { exclude: ['z'] });
  t.same(names, ['.bitacoraignore', 'c', 'x/.bitacoraignore', 'x/b.tmp', 'x/only-here', 'x/y/b.tmp']);
});

t.test('backup() takes a directory back with what is in it, save what rules exclude by its own name', async (t) => {
  const files = {
    '.bitacoraignore': 'build\n*.o\n',
    'a/.bitacoraignore': '!build/\n',
    'a/build/f': '',
    'a/build/g.o': '',
    'a/build/deep/f': '',
    'a/build/deep/build/f': '',
    'b/build/f': '',
  };
  const { names } = await kept(t, files, {});
  t.same(names, ['.bitacoraignore', 'a/.bitacoraignore', 'a/build/deep/build/f', 'a/build/deep/f', 'a/build/f']);
});

t.test('a name that looks like a pattern is taken back as that name', (t) => {
  for (const name of ['plain', '*', 'a?b', '[x]', 'back\\slash', '{a,b}', 'a b ', '#', '!', '$^']) {
    const top = Excludes.root(['*/', '!/top/']).enter(utf8('top')).with('!*/')!;
    t.notOk(top.excludes(utf8(name), true), name);
    t.notOk(top.enter(utf8(name)).excludes(utf8('file'), false), `${name}/file`);
  }
  t.end();
});

t.test('backup() never descends into an excluded directory', async (t) => {
  const { names } = await kept(
    t,
    { 'dir/.bitacoraignore': '!inside\n', 'dir/inside': '', other: '' },
    { exclude: ['dir'] },
  );
  t.same(names, ['other']);
});

t.test('backup() leaves caches out but for their tag, if it is one', async (t) => {
  const files = {
    'cache/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55\n# made by a test',
    'cache/data': '',
    'cache/sub/data': '',
    'no-cache/CACHEDIR.TAG': 'Signature: something else',
    'no-cache/data': '',
  };
  t.same((await kept(t, files, {})).names, ['cache/CACHEDIR.TAG', 'no-cache/CACHEDIR.TAG', 'no-cache/data']);
  t.equal((await kept(t, files, { includeCaches: true })).names.length, 5);
});

t.test('backup() leaves out files beyond a size, save one that is named', async (t) => {
  const setting = await makeSetting(t);
  setting.write('ten', '0123456789');
  setting.write('eleven', '0123456789+');
  const report = await setting.run({ maxFileBytes: 10 });
  t.match(report.counts, { files: 1, excluded: 1, bytes: 10 });
  const named = await setting.run({ maxFileBytes: 10, paths: [join(setting.source, 'eleven')] });
  t.match(named.counts, { files: 1, excluded: 0 });
});

t.test('backup() reports rules that it could not read', async (t) => {
  const setting = await makeSetting(t);
  symlinkSync('/etc/hostname', join(setting.source, '.bitacoraignore'));
  const report = await setting.run();
  t.equal(report.status, 'partial');
  t.equal(report.failures.items[0]!.code, 'ELOOP');
});

t.test('backup() leaves rules aside that would keep the thread, and says so', async (t) => {
  for (const rules of [`${'*a'.repeat(20)}b\n*.log`, 'x*\n'.repeat(3000)]) {
    const setting = await makeSetting(t);
    setting.write('.bitacoraignore', rules);
    setting.write('a'.repeat(200), '');
    setting.write('x.log', '');
    const report = await setting.run();
    t.equal(report.status, 'partial');
    t.match(report.failures.items, [{ code: 'E2BIG', message: /left aside/ }]);
    t.match(report.counts, { files: 3, excluded: 0 });
  }
  const setting = await makeSetting(t);
  await t.rejects(setting.run({ exclude: [`${'*a'.repeat(20)}b`] }), { code: 'USAGE', message: /too many "\*"/ });
});

t.test('backup() stays on one file system when told to', { skip: process.geteuid?.() !== 0 }, async (t) => {
  const setting = await makeSetting(t);
  const mount = join(setting.source, 'mounted');
  mkdirSync(mount);
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', mount], { stdio: 'ignore' });
  } catch {
    t.pass('no mounts here');
    return;
  }
  try {
    setting.write('mounted/inside', 'x');
    setting.write('outside', 'y');
    const across = await setting.read((await setting.run()).scopes[0]!);
    t.ok(across.has('mounted/inside'));
    const report = await setting.run({ oneFileSystem: true });
    const within = await setting.read(report.scopes[0]!);
    t.same([...within.keys()], ['', 'mounted', 'outside']);
    const named = await setting.run({ oneFileSystem: true, paths: [mount] });
    t.ok((await setting.read(named.scopes[0]!)).has('inside'), 'the scope says which one');
  } finally {
    execFileSync('umount', [mount]);
  }
});

t.test('Excludes answers the same after very many questions', async (t) => {
  const rules = Excludes.root(['*.o', '!keep.o']).enter(utf8('deep'));
  for (let i = 0; i < 45_000; i++) {
    if (rules.excludes(utf8(`${i}.o`), false) && !rules.excludes(utf8(`${i}.c`), false)) continue;
    t.fail(`question ${i}`);
    return;
  }
  t.notOk(rules.excludes(utf8('keep.o'), false));
});

t.test('Excludes matches names that are not UTF-8 by their printed form', async (t) => {
  const rules = Excludes.root(['bad*']);
  t.ok(rules.excludes(new Uint8Array([...utf8('bad'), 0xff]), false));
  t.notOk(rules.excludes(new Uint8Array([0xff, ...utf8('bad')]), false));
});
