import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { utf8 } from '../../src/base/index.js';
import { FileStat } from '../../src/posix/file-stat.js';
import { bothWays, CREATE, codeOf, listed, type Place } from './both-ways.js';

const isRoot = process.getuid?.() === 0;

const TIMES: [string, number, number][] = [
  ['now', 1_700_000_000, 123_456_789],
  ['the last nanosecond of a second', 1_700_000_000, 999_999_999],
  ['1970', 0, 0],
  ['just before 1970', -1, 999_999_999],
  ['1938', -1_000_000_000, 1],
  ['after 2038', 2_200_000_000, 7],
  ['after 2106', 10_413_792_000, 987_654_321],
];

bothWays('setTimesFd() and setTimesAt() set the time of files, directories and links', (t, { calls, root, path }) => {
  const fd = calls.openFileAt(root, utf8('file'), CREATE, 0o600);
  symlinkSync('file', `${path}/link`);
  mkdirSync(`${path}/directory`);
  const { exactTimes } = calls.capabilities();
  const stat = new FileStat();
  const verify = (name: string, what: string, sec: number, nsec: number): void => {
    calls.statAt(root, utf8(name), stat);
    const error = (stat.mtimeSec - sec) * 1e9 + (stat.mtimeNsec - nsec);
    if (exactTimes) t.equal(error, 0, `${name}: ${what}, exact`);
    else t.ok(Math.abs(error) <= 2000, `${name}: ${what}, within two microseconds (${error} ns)`);
  };
  for (const [what, sec, nsec] of TIMES) {
    calls.setTimesFd(fd, sec, nsec);
    verify('file', what, sec, nsec);
    for (const name of ['link', 'directory']) {
      calls.setTimesAt(root, utf8(name), sec, nsec);
      verify(name, what, sec, nsec);
    }
  }
  calls.setTimesAt(root, utf8('link'), 5, 0);
  t.not(calls.statAt(root, utf8('file'), stat).mtimeSec, 5, 'a link alone is changed');
  calls.closeFd(fd);
  t.equal(
    codeOf(() => calls.setTimesAt(root, utf8('none'), 0, 0)),
    'ENOENT',
  );
  t.equal(
    codeOf(() => calls.setTimesFd(fd, 0, 0)),
    'EBADF',
  );
});

bothWays('chmodFd() and chmodAt() set all twelve bits, of links they refuse to', (t, { calls, root, path }) => {
  const fd = calls.openFileAt(root, utf8('file'), CREATE, 0o600);
  symlinkSync('file', `${path}/link`);
  mkdirSync(`${path}/directory`);
  const mode = (name: string): number => calls.statAt(root, utf8(name), new FileStat()).mode & 0o7777;
  calls.chmodFd(fd, 0o4755);
  calls.closeFd(fd);
  t.equal(mode('file'), 0o4755);
  calls.chmodAt(root, utf8('file'), 0o000);
  t.equal(mode('file'), 0o000);
  calls.chmodAt(root, utf8('directory'), 0o1777);
  t.equal(mode('directory'), 0o1777);
  t.equal(
    codeOf(() => calls.chmodAt(root, utf8('link'), 0o777)),
    'ENOTSUP',
  );
  t.equal(mode('file'), 0o000, 'nothing went through the link');
});

bothWays('chownFd() and chownAt() change the entry itself', (t, { calls, root, path }) => {
  const fd = calls.openFileAt(root, utf8('file'), CREATE, 0o600);
  symlinkSync('file', `${path}/link`);
  const owner = (name: string): number[] => {
    const { uid, gid } = calls.statAt(root, utf8(name), new FileStat());
    return [uid, gid];
  };
  const before = owner('file');
  if (isRoot) {
    calls.chownAt(root, utf8('link'), 12_345, 4_000_000_000);
    t.same(owner('link'), [12_345, 4_000_000_000]);
    t.same(owner('file'), before, 'the target stays');
    calls.chownFd(fd, 1, 2);
    t.same(owner('file'), [1, 2]);
    calls.chownAt(root, utf8('file'), -1, 3);
    t.same(owner('file'), [1, 3], '-1 leaves an id as it is');
  } else {
    t.equal(
      codeOf(() => calls.chownAt(root, utf8('link'), 0, 0)),
      'EPERM',
    );
    t.equal(
      codeOf(() => calls.chownFd(fd, 0, 0)),
      'EPERM',
    );
  }
  calls.closeFd(fd);
});

bothWays('mkdirAt(), rmdirAt() and unlinkAt() make and remove, each its own kind', (t, { calls, root, path }) => {
  const name = Uint8Array.of(0xfe, 0x64);
  calls.mkdirAt(root, name, 0o750);
  t.equal(calls.statAt(root, name, new FileStat()).mode & 0o777, 0o750);
  t.equal(
    codeOf(() => calls.mkdirAt(root, name, 0o700)),
    'EEXIST',
  );
  t.match(
    codeOf(() => calls.unlinkAt(root, name)),
    /^(EISDIR|EPERM)$/,
  );
  calls.rmdirAt(root, name);
  t.equal(
    codeOf(() => calls.rmdirAt(root, name)),
    'ENOENT',
  );
  symlinkSync('/', `${path}/link`);
  t.equal(
    codeOf(() => calls.rmdirAt(root, utf8('link'))),
    'ENOTDIR',
  );
  calls.unlinkAt(root, utf8('link'));
  mkdirSync(`${path}/full/inner`, { recursive: true });
  t.equal(
    codeOf(() => calls.rmdirAt(root, utf8('full'))),
    'ENOTEMPTY',
  );
  t.equal(listed(calls, root).length, 1);
});

bothWays('linkAt() links files and links themselves, and never replaces', (t, { calls, root, path }) => {
  writeFileSync(`${path}/file`, 'x');
  symlinkSync('file', `${path}/link`);
  calls.linkAt(root, utf8('link'), root, utf8('second-link'));
  calls.linkAt(root, utf8('file'), root, utf8('second'));
  t.ok(lstatSync(`${path}/second-link`).isSymbolicLink());
  t.equal(lstatSync(`${path}/second`).nlink, 2);
  t.equal(
    codeOf(() => calls.linkAt(root, utf8('file'), root, utf8('link'))),
    'EEXIST',
  );
});

bothWays('renameAt() replaces, renameNoReplaceAt() does not', (t, place) => {
  const { calls, root, path } = place;
  mkdirSync(`${path}/other`);
  const other = calls.openFileAt(root, utf8('other'), 0, 0);
  writeFileSync(`${path}/a`, 'a');
  writeFileSync(`${path}/b`, 'b');
  calls.renameAt(root, utf8('a'), root, utf8('b'));
  t.equal(readFileSync(`${path}/b`, 'utf8'), 'a');
  t.notOk(existsSync(`${path}/a`));
  writeFileSync(`${path}/c`, 'c');
  t.equal(
    codeOf(() => calls.renameNoReplaceAt(root, utf8('c'), root, utf8('b'))),
    'EEXIST',
  );
  t.equal(readFileSync(`${path}/b`, 'utf8') + readFileSync(`${path}/c`, 'utf8'), 'ac', 'both stay');
  calls.renameNoReplaceAt(root, utf8('c'), other, utf8('d'));
  t.equal(readFileSync(`${path}/other/d`, 'utf8'), 'c');
  t.notOk(existsSync(`${path}/c`));
  renameDirectory(place, other);
  symlinkSync('nowhere', `${path}/link`);
  calls.renameNoReplaceAt(root, utf8('link'), root, utf8('moved-link'));
  t.ok(lstatSync(`${path}/moved-link`).isSymbolicLink());
  t.equal(
    codeOf(() => calls.renameNoReplaceAt(root, utf8('none'), root, utf8('x'))),
    'ENOENT',
  );
  t.notOk(existsSync(`${path}/x`));
  t.same(readFileSync(`${path}/other/moved/inner`, 'utf8'), 'i');
  calls.closeFd(other);
});

function renameDirectory({ calls, root, path }: Place, other: number): void {
  mkdirSync(`${path}/directory`);
  writeFileSync(`${path}/directory/inner`, 'i');
  calls.renameNoReplaceAt(root, utf8('directory'), other, utf8('moved'));
}

bothWays('mknodAt() makes fifos and devices where that is possible', (t, { calls, root }) => {
  const make = (name: string, mode: number, major: number, minor: number): unknown =>
    codeOf(() => calls.mknodAt(root, utf8(name), mode, major, minor));
  if (!calls.capabilities().specialFiles) {
    t.equal(make('fifo', 0o010600, 0, 0), 'ENOSYS');
    return;
  }
  t.equal(make('fifo', 0o010600, 0, 0), 'none');
  t.equal(make('socket', 0o140600, 0, 0), 'none');
  t.equal(calls.statAt(root, utf8('fifo'), new FileStat()).mode, 0o010600);
  t.equal(calls.statAt(root, utf8('socket'), new FileStat()).mode, 0o140600);
  const made = make('device', 0o060600, 2748, 0xf_edcb);
  // A container's root may lack the right to make devices.
  t.match(made, isRoot ? /^(none|EPERM)$/ : 'EPERM');
  if (made !== 'none') return;
  const stat = calls.statAt(root, utf8('device'), new FileStat());
  t.same([stat.mode, stat.rdevMajor, stat.rdevMinor], [0o060600, 2748, 0xf_edcb]);
});

bothWays('syncFileSystem() resolves for an open directory and rejects for a closed one', async (t, { calls, root }) => {
  await calls.syncFileSystem(root);
  await t.rejects(calls.syncFileSystem(1_000_000), { code: /^E/ });
});
