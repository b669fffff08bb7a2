import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { printable, utf8 } from '../../../src/base/index.js';
import { type Change, type DiskDiffOptions, diffDisk, restore } from '../../../src/restore/index.js';
import { asOrdinaryUser, makeSetting, noise, openDescriptors, type Setting } from '../../backup/fixture.js';
import { scopesOf } from '../state-fixture.js';

function lineOf({ path, before, after, what }: Change, root: string): string {
  const text = printable(path).replace(root.slice(1), '~');
  return before ? (after ? `M ${text} ${what.join(',')}` : `- ${text}`) : `+ ${text}`;
}

async function captured(test: Test): Promise<Setting> {
  const setting = await makeSetting(test);
  const { source, write } = setting;
  write('a/file', 'content');
  write('a/empty', '');
  write('big', noise(700_000));
  symlinkSync('a/file', join(source, 'link'));
  mkdirSync(join(source, 'hollow'));
  await setting.run();
  return setting;
}

async function differences(
  setting: Setting,
  directory: string,
  more: Partial<DiskDiffOptions> & { readonly bytes?: boolean } = {},
): Promise<{ lines: string[]; problems: string[] }> {
  const { repository, engine } = setting;
  const { manifest } = (await repository.snapshots.list())[0]!;
  const problems: string[] = [];
  const changes = await diffDisk({
    tree: repository.trees,
    scopes: scopesOf(manifest.scopes),
    directory: utf8(directory),
    checksum: more.bytes ? { engine, secrets: repository.openSecrets } : undefined,
    onProblem: (path, code) => void problems.push(`${code} ${printable(path).replace(setting.source.slice(1), '~')}`),
    ...more,
  });
  const lines: string[] = [];
  for await (const change of changes) lines.push(lineOf(change, setting.source));
  return { lines, problems };
}

t.test('a directory is like the snapshot just taken of it, by times and by bytes', async (test) => {
  const setting = await captured(test);
  for (const bytes of [false, true]) {
    test.same(await differences(setting, setting.source, { bytes }), { lines: [], problems: [] });
  }
});

t.test('what happened on disk since is told', async (test) => {
  const setting = await captured(test);
  const { source, write } = setting;
  write('a/new/deep', 'x');
  write('a/file', 'longer content');
  rmSync(join(source, 'a/empty'));
  chmodSync(join(source, 'hollow'), 0o700);
  rmSync(join(source, 'link'));
  symlinkSync('elsewhere', join(source, 'link'));
  const { lines } = await differences(setting, source);
  test.same(lines, [
    'M ~ times',
    'M ~/a times',
    '- ~/a/empty',
    'M ~/a/file content,times',
    '+ ~/a/new',
    '+ ~/a/new/deep',
    'M ~/hollow mode',
    'M ~/link target,times',
  ]);
  const inside = await differences(setting, join(source, 'a'));
  test.same(inside.lines, lines.slice(1, 6), 'a directory inside is compared alone');
});

t.test(
  'changed bytes of equal size and time are found by reading; a new time alone is no new content then',
  async (test) => {
    const setting = await captured(test);
    const { source } = setting;
    const big = join(source, 'big');
    const like = join(setting.root, 'like');
    execFileSync('touch', ['-r', big, like]);
    const bytes = noise(700_000);
    bytes[650_000]! ^= 1;
    writeFileSync(big, bytes);
    execFileSync('touch', ['-r', like, big]);
    utimesSync(join(source, 'a/file'), 1, 1);
    test.same((await differences(setting, source)).lines, ['M ~/a/file content,times']);
    test.same((await differences(setting, source, { bytes: true })).lines, ['M ~/a/file times', 'M ~/big content']);
  },
);

t.test('the target of a restore is compared as such, and one made with flatten too', async (test) => {
  const setting = await captured(test);
  const { repository, backend, engine, root } = setting;
  const { manifest } = (await repository.snapshots.list())[0]!;
  const { chunks, openSecrets: secrets } = repository;
  for (const flatten of [false, true]) {
    const target = join(root, `target-${flatten}`);
    mkdirSync(target);
    await restore({ source: { chunks, backend, secrets, engine }, scopes: scopesOf(manifest.scopes), target, flatten });
    test.same(await differences(setting, target, { bytes: true }), { lines: [], problems: [] });
    const place = flatten ? target : join(target, setting.source);
    renameSync(join(place, 'big'), join(place, 'renamed'));
    const { lines } = await differences(setting, target, { bytes: true });
    test.same(lines, ['M ~ times', '- ~/big', '+ ~/renamed']);
  }
});

t.test('what cannot be looked at is told, and nothing is said of what it lacks', async (test) => {
  const setting = await captured(test);
  await asOrdinaryUser(setting, async () => {
    chmodSync(join(setting.source, 'a'), 0);
    const { lines, problems } = await differences(setting, setting.source);
    chmodSync(join(setting.source, 'a'), 0o755);
    test.match(problems, ['EACCES ~/a']);
    test.notOk(
      lines.some((line) => line.startsWith('-')),
      'nothing is called removed',
    );
  });
});

t.test('links on disk are not followed; descriptors are closed', async (test) => {
  const setting = await captured(test);
  const { source, root } = setting;
  mkdirSync(join(root, 'outside'));
  writeFileSync(join(root, 'outside/file'), 'content');
  rmSync(join(source, 'a'), { recursive: true });
  symlinkSync('../outside', join(source, 'a'));
  const before = openDescriptors();
  const { lines } = await differences(setting, source, { bytes: true });
  test.same(lines, ['M ~ times', 'M ~/a type', '- ~/a/empty', '- ~/a/file']);
  test.equal(openDescriptors(), before);
});

t.test('a directory that has nothing to do with the state is refused, as is none', async (test) => {
  const setting = await captured(test);
  setting.write('../other/x', '');
  const { source, root } = setting;
  await setting.run({ paths: [source, join(root, 'other')] });
  mkdirSync(join(root, 'strange'));
  await test.rejects(differences(setting, join(root, 'strange')), { code: 'UNKNOWN_PATH' });
  await test.rejects(differences(setting, join(root, 'no')), { code: 'SOURCE_MISSING' });
  await test.rejects(differences(setting, join(source, 'big')), { code: 'SOURCE_MISSING', message: /not a directory/ });
});
