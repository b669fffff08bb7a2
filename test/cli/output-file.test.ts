import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemRandom, utf8 } from '../../src/base/index.js';
import { OutputFile } from '../../src/cli/output-file.js';

function makeDirectory(test: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-output-'));
  test.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function write(path: string, text: string): Promise<OutputFile> {
  const file = await OutputFile.create(path, systemRandom);
  await file.write(utf8(text));
  return file;
}

t.test('a file appears under its name when it is finished, for its owner only', async (test) => {
  const directory = makeDirectory(test);
  const path = join(directory, 'x.tar');
  const file = await write(path, 'whole');
  test.notOk(existsSync(path));
  await file.finish();
  await file.close();
  test.equal(readFileSync(path, 'utf8'), 'whole');
  test.equal(statSync(path).mode & 0o777, 0o600);
  test.same(readdirSync(directory), ['x.tar']);
});

t.test('what is not finished leaves nothing, and what was there before stays', async (test) => {
  const directory = makeDirectory(test);
  const path = join(directory, 'x.tar');
  writeFileSync(path, 'before');
  const file = await write(path, 'half');
  await file.close();
  test.equal(readFileSync(path, 'utf8'), 'before');
  test.same(readdirSync(directory), ['x.tar']);
});

t.test('a link stays a link, and its file is replaced', async (test) => {
  const directory = makeDirectory(test);
  writeFileSync(join(directory, 'real'), 'before');
  symlinkSync('real', join(directory, 'link'));
  const file = await write(join(directory, 'link'), 'after');
  await file.finish();
  await file.close();
  test.ok(lstatSync(join(directory, 'link')).isSymbolicLink());
  test.equal(readFileSync(join(directory, 'real'), 'utf8'), 'after');
});

t.test('a device is written to and stays what it is', async (test) => {
  const file = await write('/dev/null', 'away');
  await file.finish();
  await file.close();
  test.ok(statSync('/dev/null').isCharacterDevice());
});

t.test('a place that cannot hold a file is refused; a full one says so', async (test) => {
  const directory = makeDirectory(test);
  mkdirSync(join(directory, 'd'));
  await test.rejects(write(join(directory, 'd'), ''), { code: 'TARGET_UNSAFE', message: /is a directory/ });
  await test.rejects(write(join(directory, 'no/x'), ''), { code: 'TARGET_UNSAFE', message: /no such directory/ });
  await test.rejects(write('/dev/full', 'x'), { code: 'NO_SPACE' });
});
