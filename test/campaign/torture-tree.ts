import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  ftruncateSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoCode, utf8 } from '../../src/base/index.js';
import {
  chownAt,
  closeFd,
  mkdirAt,
  mknodAt,
  openDirectory,
  openDirectoryAt,
  openFileAt,
  setTimesAt,
  setXattrAt,
  setXattrFd,
  symlinkAt,
} from '../../src/posix/index.js';
import { SeededRandom } from './random.js';

export interface TortureOptions {
  /** Entries of the big directory. */
  readonly entries: number;
  readonly denseBytes: number;
  /** Apparent size of the sparse file that is more hole than data. */
  readonly hugeBytes: number;
}

const MIB = 2 ** 20;
const NAME_BYTES_MAX = 255;
const isRoot = process.geteuid?.() === 0;

/** Makes a tree with everything that a file system of today can hold. Returns what could not be made here, and why. */
export function makeTortureTree(root: string, options: TortureOptions): string[] {
  const missing: string[] = [];
  /** What only some systems, or only root, can make. */
  const where = (possible: boolean, what: string, make: () => void): void => {
    try {
      if (possible) make();
      else missing.push(`${what}: only root can`);
    } catch (error) {
      if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'ENOSPC'].includes(errnoCode(error) ?? '')) throw error;
      missing.push(`${what}: ${errnoCode(error)}`);
    }
  };
  mkdirSync(root, { mode: 0o750 });
  makeModes(root, where);
  makeLinks(root);
  makeNames(root);
  makeAttributes(root, where);
  makeSparse(root, options.hugeBytes);
  makeSpecials(root, where);
  writeFileSync(join(root, 'dense'), new SeededRandom(7).bytes(options.denseBytes));
  mkdirSync(join(root, 'empty/emptier'), { recursive: true });
  mkdirSync(join(root, 'many'));
  for (let i = 0; i < options.entries; i++) writeFileSync(join(root, 'many', `entry ${i}`), i % 10 === 0 ? `${i}` : '');
  // Last, since whatever is made in a directory changes its time.
  makeTimes(root);
  return missing;
}

type Where = (possible: boolean, what: string, make: () => void) => void;

function makeModes(root: string, where: Where): void {
  const modes = join(root, 'modes');
  mkdirSync(modes);
  for (const mode of [0o000, 0o111, 0o400, 0o644, 0o777, 0o1644, 0o2755, 0o4755, 0o6711, 0o7777]) {
    // Who is not root cannot read back a file without permissions.
    where(isRoot || (mode & 0o400) !== 0, `a file of mode ${mode.toString(8)}`, () => {
      const name = mode.toString(8).padStart(4, '0');
      writeFileSync(join(modes, name), name);
      chmodSync(join(modes, name), mode);
      mkdirSync(join(modes, `d${name}`));
      writeFileSync(join(modes, `d${name}`, 'inside'), name);
      if (isRoot || (mode & 0o500) === 0o500) chmodSync(join(modes, `d${name}`), mode);
    });
  }
  where(isRoot, 'files of other owners', () => {
    for (const [uid, gid] of [
      [1, 2],
      [54_321, 65_533],
      [4_000_000_000, 3_999_999_999],
    ] as const) {
      const file = join(modes, `owned by ${uid}`);
      writeFileSync(file, '');
      chownSync(file, uid, gid);
      chmodSync(file, 0o4750);
    }
    symlinkSync('x', join(modes, 'owned link'));
    withDirectory(modes, (fd) => chownAt(fd, utf8('owned link'), 12, 34));
  });
}

function makeLinks(root: string): void {
  const links = join(root, 'links');
  mkdirSync(join(links, 'deeper'), { recursive: true });
  writeFileSync(join(links, 'file'), 'linked');
  linkSync(join(links, 'file'), join(links, 'again'));
  linkSync(join(links, 'file'), join(links, 'deeper/and again'));
  linkSync(join(links, 'file'), join(root, 'a link of another directory'));
  writeFileSync(join(links, 'nothing'), '');
  linkSync(join(links, 'nothing'), join(links, 'deeper/nothing'));
  for (const [name, target] of [
    ['to file', 'file'],
    ['to directory', 'deeper'],
    ['to parent', '../..'],
    ['to itself', 'to itself'],
    ['dangling', 'no such/place'],
    ['absolute', '/etc/passwd'],
    ['long', `${'l'.repeat(200)}/`.repeat(20)],
  ] as const) {
    symlinkSync(target, join(links, name));
  }
  linkSync(join(links, 'dangling'), join(links, 'another name of a link'));
  withDirectory(links, (fd) => symlinkAt(Uint8Array.of(0xff, 0x2f, 0xfe, 0x0a), fd, utf8('not utf-8')));
}

function makeNames(root: string): void {
  const names = join(root, 'names');
  mkdirSync(names);
  withDirectory(names, (fd) => {
    for (const name of [
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from([0xc3, 0x28]),
      Buffer.from([1, 0x7f, 0x1b]),
      'new\nline',
      ' ',
      '-rf',
      '*?[x]\\',
      '"quoted" \'twice\'',
      'e\u0301',
      '\u00e9',
      '\u202egpj.exe',
      '...',
      'x'.repeat(NAME_BYTES_MAX),
      '\u20ac'.repeat(NAME_BYTES_MAX / 3),
    ]) {
      const bytes = typeof name === 'string' ? utf8(name) : name;
      const file = openFileAt(fd, bytes, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
      writeSync(file, bytes);
      closeFd(file);
    }
    mkdirAt(fd, Buffer.from([0xe9, 0x0a]), 0o755);
  });
}

function makeAttributes(root: string, where: Where): void {
  const place = join(root, 'attributes');
  mkdirSync(place);
  for (const name of ['plain', 'trusted', 'capable', 'acl', 'long']) writeFileSync(join(place, name), name);
  mkdirSync(join(place, 'directory'));
  mkdirSync(join(place, 'acl directory'));
  symlinkSync('plain', join(place, 'link'));
  const set = (name: string, attribute: string, value: Uint8Array): void =>
    withDirectory(place, (fd) => setXattrAt(fd, utf8(name), utf8(attribute), value));
  where(true, 'user attributes', () => {
    set('plain', 'user.text', utf8('value'));
    set('plain', 'user.empty', new Uint8Array(0));
    set('plain', 'user.bytes', Uint8Array.of(0, 255, 10, 0));
    set('long', 'user.long', new SeededRandom(1).bytes(2000));
    withDirectory(join(place, 'directory'), (fd) => setXattrFd(fd, utf8('user.of a directory'), utf8('yes')));
  });
  where(isRoot, 'trusted attributes', () => {
    set('trusted', 'trusted.secret', utf8('hidden'));
    set('link', 'trusted.of a link', utf8('too'));
  });
  where(isRoot, 'file capabilities', () => {
    const capability = new Uint8Array(20);
    new DataView(capability.buffer).setUint32(0, 0x02000001, true);
    new DataView(capability.buffer).setUint32(4, 1 << 10, true);
    set('capable', 'security.capability', capability);
  });
  setAcl('u:1:rw,u:4242:r,g:7:x,m::rwx', join(place, 'acl'));
  setAcl('u:9:rwx,d:u:9:rx,d:g:8:rwx,d:m::rx', join(place, 'acl directory'));
}

function setAcl(acl: string, path: string): void {
  try {
    execFileSync('setfacl', ['-m', acl, path]);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
    throw new Error('There is no setfacl. Install it first: apt-get install acl', { cause: error });
  }
}

/** A piece of data of a sparse file: where, and how long. */
type Piece = readonly [offset: number, length: number];

function makeSparse(root: string, hugeBytes: number): void {
  const place = join(root, 'sparse');
  mkdirSync(place);
  const make = (name: string, size: number, pieces: readonly Piece[]): void => {
    const fd = openSync(join(place, name), 'wx');
    const random = new SeededRandom(size);
    for (const [offset, length] of pieces) writeSync(fd, random.bytes(length), 0, length, offset);
    ftruncateSync(fd, size);
    closeSync(fd);
  };
  make('hole at the start', 3 * MIB, [[2 * MIB, MIB]]);
  make('hole in the middle', 3 * MIB, [
    [0, MIB],
    [2 * MIB, MIB],
  ]);
  make('hole at the end', 3 * MIB, [[0, MIB]]);
  make('all hole', 5 * MIB + 1, []);
  make('odd ends', 2 * MIB + 77, [
    [123, 4567],
    [MIB + 3, 5],
  ]);
  const step = Math.ceil(hugeBytes / 6);
  make(
    'huge',
    hugeBytes,
    [0, 1, 2, 3, 4, 5].map((i) => [i * step, 70_000]),
  );
}

function makeSpecials(root: string, where: Where): void {
  const place = join(root, 'specials');
  mkdirSync(place);
  withDirectory(place, (fd) => {
    where(true, 'fifos', () => mknodAt(fd, utf8('fifo'), 0o010640, 0, 0));
    where(true, 'sockets', () => mknodAt(fd, utf8('socket'), 0o140755, 0, 0));
    where(isRoot, 'devices', () => {
      mknodAt(fd, utf8('null'), 0o020666, 1, 3);
      mknodAt(fd, utf8('far'), 0o020600, 511, 1_000_000);
      mknodAt(fd, utf8('block'), 0o060660, 7, 300);
    });
  });
}

function makeTimes(root: string): void {
  const times = join(root, 'times');
  mkdirSync(times);
  withDirectory(times, (fd) => {
    const stamp = (name: string, sec: number, nsec: number): void => setTimesAt(fd, utf8(name), sec, nsec);
    for (const [name, sec, nsec] of [
      ['epoch', 0, 0],
      ['before 1970', -1, 999_999_999],
      ['1950', -631_152_000, 1],
      ['nanoseconds', 1_700_000_000, 123_456_789],
      ['after 2106', 4_300_000_000, 987_654_321],
      ['2400', 13_569_465_600, 1],
    ] as const) {
      writeFileSync(join(times, name), name);
      stamp(name, sec, nsec);
    }
    mkdirSync(join(times, 'directory'));
    writeFileSync(join(times, 'directory/inside'), '');
    stamp('directory', 1_000_000_000, 1);
    symlinkSync('epoch', join(times, 'link'));
    lutimesSync(join(times, 'link'), 1, 2);
    stamp('link', -5, 5);
  });
}

/** A chain of directories whose path is longer than the system's calls take, with a file and a link at its end. */
export function makeDeepTree(root: string): void {
  mkdirSync(root);
  let fd = openDirectory(root);
  for (let depth = 0; depth < 20; depth++) {
    const name = Buffer.from(`${String(depth).padStart(2, '0')}${'d'.repeat(NAME_BYTES_MAX - 2)}`);
    mkdirAt(fd, name, 0o755);
    const inner = openDirectoryAt(fd, name);
    closeFd(fd);
    fd = inner;
  }
  const file = openFileAt(fd, utf8('bottom'), constants.O_WRONLY | constants.O_CREAT, 0o640);
  writeSync(file, 'at the bottom');
  closeFd(file);
  symlinkAt(utf8('../bottom'), fd, utf8('link'));
  setTimesAt(fd, utf8('bottom'), 1_234_567_890, 987_654_321);
  closeFd(fd);
}

function withDirectory(path: string, use: (fd: number) => void): void {
  const fd = openDirectory(path);
  try {
    use(fd);
  } finally {
    closeFd(fd);
  }
}
