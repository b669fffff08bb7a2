import { spawnSync } from 'node:child_process';
import { ftruncateSync, linkSync, lstatSync, mkdirSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { compareBytes, utf8 } from '../../src/base/index.js';
import { ENTRY_TYPE } from '../../src/posix/constants.js';
import { FileStat } from '../../src/posix/file-stat.js';
import { runInSlices, runSteps, type Steps } from '../../src/posix/steps.js';
import { bothWays, CREATE, codeOf, listed, makeFile } from './both-ways.js';

bothWays('readDirectory() lists names as bytes, in memcmp order, with their types', async (t, place) => {
  const { calls, root, path } = place;
  const names = [
    Uint8Array.of(0xff, 0xfe),
    Uint8Array.of(0x01),
    utf8('é'),
    Uint8Array.of(0x65, 0xcc, 0x81),
    utf8('new\nline'),
    utf8('..a'),
    utf8('a'),
    utf8('ab'),
    utf8('B'),
    new Uint8Array(255).fill(0x7a),
  ];
  for (const name of names) makeFile(place, root, name);
  mkdirSync(`${path}/t-directory`);
  symlinkSync('nowhere', `${path}/t-link`);
  spawnSync('mkfifo', [`${path}/t-fifo`]);
  const server = createServer().listen(`${path}/t-socket`);
  await new Promise((resolve) => server.once('listening', resolve));
  for (let round = 0; round < 2; round++) {
    const listing = listed(calls, root);
    const found = Array.from({ length: listing.length }, (_, i) => listing.name(i));
    const types = new Map(found.map((name, i) => [Buffer.from(name).toString(), listing.type(i)]));
    const expected = [...names, ...['directory', 'link', 'fifo', 'socket'].map((name) => utf8(`t-${name}`))];
    t.same(
      found.map((name) => Buffer.from(name).toString('hex')),
      expected.sort(compareBytes).map((name) => Buffer.from(name).toString('hex')),
    );
    t.equal(types.get('a'), ENTRY_TYPE.file);
    t.equal(types.get('t-directory'), ENTRY_TYPE.directory);
    t.equal(types.get('t-link'), ENTRY_TYPE.symlink);
    t.equal(types.get('t-fifo'), ENTRY_TYPE.fifo);
    t.equal(types.get('t-socket'), ENTRY_TYPE.socket);
  }
  await new Promise((resolve) => server.close(resolve));
});

bothWays('readDirectory() lists 20,000 entries in order', (t, place) => {
  const { calls, root } = place;
  const count = 20_000;
  const pad = 'x'.repeat(60);
  // A factor without a common divisor scatters the order in which they are made.
  for (let i = 0; i < count; i++) makeFile(place, root, utf8(`${pad}${(i * 7919) % count}`));
  const listing = listed(calls, root);
  t.equal(listing.length, count);
  let ordered = true;
  for (let i = 1; i < count; i++) ordered &&= compareBytes(listing.name(i - 1), listing.name(i)) < 0;
  t.ok(ordered, 'strictly rising');
});

bothWays('a directory of many entries is listed in steps, with others served between them', async (t, place) => {
  const { calls, root } = place;
  const count = 20_000;
  for (let i = 0; i < count; i++) makeFile(place, root, utf8(`${(i * 7919) % count}`));
  let steps = 0;
  for (const generator = calls.directoryInSteps(root); !generator.next().done; ) steps++;
  t.ok(steps > 3, `${steps} steps`);
  const few = runInSlices(padded(calls.directoryInSteps(root), 0));
  t.notOk(few instanceof Promise);
  const many = runInSlices(padded(calls.directoryInSteps(root), 10));
  t.ok(many instanceof Promise);
  t.equal((await many).length, count);
});

/** The same listing after so many steps more. */
function* padded<T>(steps: Steps<T>, more: number): Steps<T> {
  for (let i = 0; i < more; i++) yield;
  return runSteps(steps);
}

bothWays('readDirectory() of an empty directory is empty, of a file it is an error', (t, place) => {
  const { calls, root } = place;
  t.equal(listed(calls, root).length, 0);
  const fd = calls.openFileAt(root, utf8('file'), CREATE, 0o600);
  t.equal(
    codeOf(() => listed(calls, fd)),
    'ENOTDIR',
  );
  calls.closeFd(fd);
});

bothWays('statAt() and statFd() agree with each other and with Node', (t, { calls, root, path }) => {
  writeFileSync(`${path}/file`, 'x'.repeat(5000), { mode: 0o640 });
  linkSync(`${path}/file`, `${path}/second`);
  symlinkSync('file', `${path}/link`);
  mkdirSync(`${path}/directory`);
  for (const name of ['file', 'second', 'link', 'directory']) {
    const stat = calls.statAt(root, utf8(name), new FileStat());
    const node = lstatSync(`${path}/${name}`, { bigint: true });
    t.equal(stat.mode, Number(node.mode), 'mode');
    t.equal(stat.uid, Number(node.uid));
    t.equal(stat.gid, Number(node.gid));
    t.equal(stat.nlink, Number(node.nlink));
    t.equal(stat.ino, node.ino);
    t.equal(stat.dev, Number(node.dev));
    t.equal(stat.size, Number(node.size));
    t.equal(stat.blocks, Number(node.blocks));
    t.equal(BigInt(stat.mtimeSec) * 1_000_000_000n + BigInt(stat.mtimeNsec), node.mtimeNs);
    t.equal(BigInt(stat.ctimeSec) * 1_000_000_000n + BigInt(stat.ctimeNsec), node.ctimeNs);
    t.equal(stat.isFile, node.isFile());
    t.equal(stat.isDirectory, node.isDirectory());
    t.equal(stat.isSymlink, node.isSymbolicLink());
  }
  const into = new FileStat();
  const fd = calls.openFileAt(root, utf8('file'), 0, 0);
  t.equal(calls.statFd(fd, into), into, 'fills what it is given');
  t.same(into, calls.statAt(root, utf8('second'), new FileStat()));
  calls.closeFd(fd);
  t.equal(
    codeOf(() => calls.statFd(fd, into)),
    'EBADF',
  );
});

bothWays('statAt() tells the numbers of a device', (t, { calls }) => {
  const dev = calls.openPath(utf8('/dev'), 0, 0);
  const stat = calls.statAt(dev, utf8('null'), new FileStat());
  calls.closeFd(dev);
  t.equal(stat.rdevMajor, 1);
  t.equal(stat.rdevMinor, 3);
});

bothWays('readLinkAt() returns any target, to its full length', (t, { calls, root }) => {
  const targets = [utf8('.'), Uint8Array.of(0xff, 0x0a, 0x80), new Uint8Array(4095).fill(0x2f), utf8('../a//b/')];
  targets.forEach((target, i) => {
    const name = utf8(`link${i}`);
    calls.symlinkAt(target, root, name);
    t.same(Buffer.from(calls.readLinkAt(root, name)), Buffer.from(target));
  });
  t.equal(
    codeOf(() => calls.symlinkAt(Uint8Array.of(1, 0, 1), root, utf8('nul'))),
    'EINVAL',
  );
  t.equal(
    codeOf(() => calls.readLinkAt(root, utf8('none'))),
    'ENOENT',
  );
  calls.mkdirAt(root, utf8('directory'), 0o700);
  t.equal(
    codeOf(() => calls.readLinkAt(root, utf8('directory'))),
    'EINVAL',
  );
});

bothWays('dataRanges() covers all data of a sparse file', (t, { calls, root }) => {
  const MIB = 1024 * 1024;
  const fd = calls.openFileAt(root, utf8('sparse'), CREATE, 0o600);
  writeSync(fd, Buffer.alloc(MIB, 1), 0, MIB, 2 * MIB);
  writeSync(fd, Buffer.alloc(MIB, 2), 0, MIB, 5 * MIB);
  ftruncateSync(fd, 9 * MIB);
  const ranges = [...calls.dataRanges(fd, 9 * MIB)];
  let covered = 0;
  for (const { offset, length } of ranges) {
    t.ok(offset >= covered && length > 0 && offset + length <= 9 * MIB, 'rising, not empty, inside');
    covered = offset + length;
  }
  const holds = (at: number): boolean => ranges.some(({ offset, length }) => offset <= at && at < offset + length);
  t.ok(holds(2 * MIB) && holds(3 * MIB - 1) && holds(5 * MIB) && holds(6 * MIB - 1), 'data is named');
  if (calls.capabilities().holes) {
    t.same(ranges, [
      { offset: 2 * MIB, length: MIB },
      { offset: 5 * MIB, length: MIB },
    ]);
    t.same([...calls.dataRanges(fd, 2 * MIB + 10)], [{ offset: 2 * MIB, length: 10 }], 'cut at the size asked for');
    ftruncateSync(fd, 0);
    ftruncateSync(fd, MIB);
    t.same([...calls.dataRanges(fd, MIB)], [], 'nothing but a hole');
    t.same([...calls.dataRanges(fd, 2 * MIB)], [], 'shorter than it was');
  } else t.same(ranges, [{ offset: 0, length: 9 * MIB }]);
  t.same([...calls.dataRanges(fd, 0)], []);
  calls.closeFd(fd);
});
