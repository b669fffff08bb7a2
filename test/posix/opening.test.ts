import { constants, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { test } from 'tap';
import { concatBytes, utf8 } from '../../src/base/index.js';
import type { SystemError } from '../../src/posix/errors.js';
import { FileStat } from '../../src/posix/file-stat.js';
import { closeFd, openDirectory, statFd } from '../../src/posix/index.js';
import { bothWays, CREATE, codeOf, listed, makeFile } from './both-ways.js';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;
const refused = ['', '.', '..', '/', 'a/b', '/etc', 'a\0b', '\0'];

bothWays('every call relative to a directory refuses what is not one name', (t, { calls, root }) => {
  for (const text of refused) {
    const name = utf8(text);
    const good = utf8('good');
    const tries: [string, () => unknown][] = [
      ['openFileAt', () => calls.openFileAt(root, name, constants.O_RDONLY, 0)],
      ['statAt', () => calls.statAt(root, name, new FileStat())],
      ['readLinkAt', () => calls.readLinkAt(root, name)],
      ['setTimesAt', () => calls.setTimesAt(root, name, 0, 0)],
      ['chownAt', () => calls.chownAt(root, name, 0, 0)],
      ['chmodAt', () => calls.chmodAt(root, name, 0o600)],
      ['mkdirAt', () => calls.mkdirAt(root, name, 0o700)],
      ['symlinkAt', () => calls.symlinkAt(good, root, name)],
      ['linkAt from', () => calls.linkAt(root, name, root, good)],
      ['linkAt to', () => calls.linkAt(root, good, root, name)],
      ['renameAt from', () => calls.renameAt(root, name, root, good)],
      ['renameAt to', () => calls.renameAt(root, good, root, name)],
      ['renameNoReplaceAt from', () => calls.renameNoReplaceAt(root, name, root, good)],
      ['unlinkAt', () => calls.unlinkAt(root, name)],
      ['rmdirAt', () => calls.rmdirAt(root, name)],
    ];
    for (const [which, call] of tries) t.equal(codeOf(call), 'EINVAL', `${which} refuses ${JSON.stringify(text)}`);
  }
  t.equal(listed(calls, root).length, 0, 'and nothing was made');
});

bothWays('an error carries code, errno, syscall and a printable path', (t, { calls, root }) => {
  const name = Uint8Array.of(0x66, 0xff, 0x0a);
  t.throws(() => calls.statAt(root, name, new FileStat()), { code: 'ENOENT', errno: -2, path: 'f\\xff\\x0a' });
  try {
    calls.openFileAt(root, name, constants.O_RDONLY, 0);
    t.fail('opened what is not there');
  } catch (error) {
    const { syscall, message } = error as SystemError;
    t.equal(syscall, 'openat');
    t.equal(message, "ENOENT: no such file or directory, openat 'f\\xff\\x0a'");
  }
  t.equal(
    codeOf(() => calls.statAt(root, new Uint8Array(256).fill(0x61), new FileStat())),
    'ENAMETOOLONG',
  );
  t.equal(
    codeOf(() => calls.statAt(root, new Uint8Array(5000).fill(0x61), new FileStat())),
    'ENAMETOOLONG',
  );
});

bothWays('openFileAt() follows no link, and readAt() reads where it is told', (t, place) => {
  const { calls, root, path } = place;
  writeFileSync(`${path}/file`, 'hello world');
  symlinkSync('file', `${path}/link`);
  mkdirSync(`${path}/directory`);
  symlinkSync('directory', `${path}/directory-link`);
  t.equal(
    codeOf(() => calls.openFileAt(root, utf8('link'), constants.O_RDONLY, 0)),
    'ELOOP',
  );
  t.equal(
    codeOf(() => calls.openFileAt(root, utf8('directory-link'), DIRECTORY, 0)),
    'ENOTDIR',
  );
  const fd = calls.openFileAt(root, utf8('file'), constants.O_RDONLY, 0);
  const into = new Uint8Array(5);
  t.equal(calls.readAt(fd, into, 6), 5);
  t.same(Buffer.from(into).toString(), 'world');
  t.equal(calls.readAt(fd, into, 9), 2, 'at the end it reads less');
  t.equal(calls.readAt(fd, into, 11), 0, 'behind the end nothing');
  calls.closeFd(fd);
  t.equal(
    codeOf(() => calls.readAt(fd, into, 0)),
    'EBADF',
  );
  t.equal(
    codeOf(() => calls.closeFd(fd)),
    'EBADF',
  );
});

bothWays('openBeneath() opens and creates below the root', (t, { calls, root, path }) => {
  mkdirSync(`${path}/a/b`, { recursive: true });
  writeFileSync(`${path}/a/b/file`, 'x');
  const stat = new FileStat();
  const fd = calls.openBeneath(root, utf8('a/b/file'), constants.O_RDONLY, 0o600);
  t.equal(calls.statFd(fd, stat).size, 1);
  calls.closeFd(fd);
  const made = calls.openBeneath(root, utf8('a/b/new'), CREATE, 0o640);
  t.equal(calls.statFd(made, stat).mode & 0o7777, 0o640);
  calls.closeFd(made);
  t.equal(
    codeOf(() => calls.openBeneath(root, utf8('a/b/new'), CREATE, 0o640)),
    'EEXIST',
  );
  t.equal(
    codeOf(() => calls.openBeneath(root, utf8('a/none/new'), CREATE, 0o640)),
    'ENOENT',
  );
  t.equal(
    codeOf(() => calls.openBeneath(root, utf8('a/b/file/x'), CREATE, 0o640)),
    'ENOTDIR',
  );
  const directory = calls.openBeneath(root, utf8('a/b'), DIRECTORY, 0);
  t.equal(listed(calls, directory).length, 2);
  calls.closeFd(directory);
});

bothWays('openBeneath() refuses to leave the root', (t, { calls, root, path }) => {
  mkdirSync(`${path}/outside`);
  mkdirSync(`${path}/root/real`, { recursive: true });
  writeFileSync(`${path}/outside/secret`, 'x');
  writeFileSync(`${path}/root/real/file`, 'x');
  symlinkSync('../outside', `${path}/root/escape`);
  symlinkSync('real', `${path}/root/inner`);
  symlinkSync('/etc/passwd', `${path}/root/absolute`);
  symlinkSync('/proc/self/fd', `${path}/root/magic`);
  const inner = calls.openFileAt(root, utf8('root'), DIRECTORY, 0);
  const open = (text: string): unknown =>
    codeOf(() => calls.closeFd(calls.openBeneath(inner, utf8(text), constants.O_RDONLY, 0)));
  t.equal(open('real/file'), 'none');
  const malformed = ['', '.', '..', '/', '../outside/secret', 'real/../../outside/secret', 'real/./file', 'real//file'];
  for (const text of [...malformed, '/etc/passwd', 'real/file/', 'real/\0/file', 'real/file\0']) {
    t.equal(open(text), 'EINVAL', JSON.stringify(text));
  }
  for (const text of ['escape/secret', 'inner/file', 'absolute', 'magic/0', 'inner']) {
    t.match(open(text), /^(ELOOP|ENOTDIR)$/, text);
  }
  calls.closeFd(inner);
});

bothWays('directories nested deeper than a path may be long are reached', (t, place) => {
  const { calls, root } = place;
  const name = new Uint8Array(255).fill(0x64);
  const depth = 20;
  let current = root;
  for (let level = 0; level < depth; level++) {
    calls.mkdirAt(current, name, 0o700);
    const next = calls.openFileAt(current, name, DIRECTORY, 0);
    if (current !== root) calls.closeFd(current);
    current = next;
  }
  makeFile(place, current, name);
  const wanted = calls.statAt(current, name, new FileStat());
  calls.closeFd(current);
  const relative = concatBytes(
    Array.from({ length: depth + 1 }, (_, i) => (i < depth ? [name, utf8('/')] : [name])).flat(),
  );
  const fd = calls.openBeneath(root, relative, constants.O_RDONLY, 0);
  t.equal(calls.statFd(fd, new FileStat()).ino, wanted.ino);
  calls.closeFd(fd);
});

bothWays(
  'openBeneath() never leads outside while a directory is swapped for a link',
  async (t, { calls, root, path }) => {
    mkdirSync(`${path}/outside`);
    mkdirSync(`${path}/root/step`, { recursive: true });
    writeFileSync(`${path}/outside/file`, 'outside');
    writeFileSync(`${path}/root/step/file`, 'inside');
    symlinkSync('../outside', `${path}/root/link`);
    const inner = calls.openFileAt(root, utf8('root'), DIRECTORY, 0);
    const state = new Int32Array(new SharedArrayBuffer(8));
    const swapper = new Worker(new URL('./swapper.js', import.meta.url), {
      workerData: { root: `${path}/root`, state },
    });
    const ended = new Promise((resolve) => swapper.once('exit', resolve));
    Atomics.wait(state, 0, 0);
    const counts = { inside: 0, refused: 0 };
    const stat = new FileStat();
    for (let attempt = 0; attempt < 5000; attempt++) {
      try {
        const fd = calls.openBeneath(inner, utf8('step/file'), constants.O_RDONLY, 0);
        const { size } = calls.statFd(fd, stat);
        calls.closeFd(fd);
        if (size !== 'inside'.length) t.fail('opened the file outside');
        counts.inside++;
      } catch (error) {
        t.match((error as SystemError).code, /^(ELOOP|ENOTDIR|ENOENT)$/);
        counts.refused++;
      }
    }
    Atomics.store(state, 1, 1);
    t.equal(await ended, 0);
    calls.closeFd(inner);
    t.comment(`${counts.inside} opened, ${counts.refused} refused, ${Atomics.load(state, 0)} swaps`);
    t.equal(counts.inside + counts.refused, 5000);
    t.ok(Atomics.load(state, 0) > 0, 'swaps happened');
  },
);

test('openDirectory() follows a link at the end unless told not to', (t) => {
  const path = t.testdir({ directory: {}, link: t.fixture('symlink', 'directory') });
  const fd = openDirectory(`${path}/link`);
  t.ok(statFd(fd, new FileStat()).isDirectory);
  closeFd(fd);
  t.equal(
    codeOf(() => openDirectory(`${path}/link`, { follow: false })),
    'ENOTDIR',
  );
  t.equal(
    codeOf(() => openDirectory(utf8(`${path}/none`))),
    'ENOENT',
  );
  t.end();
});
