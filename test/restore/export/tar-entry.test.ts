import t from 'tap';
import { utf8 } from '../../../src/base/index.js';
import { ENTRY_TYPES, type OwnerName, type TreeEntry } from '../../../src/format/index.js';
import { tarHeader } from '../../../src/restore/export/tar-entry.js';

const base: TreeEntry = {
  name: utf8('f'),
  type: ENTRY_TYPES.file,
  flags: 0,
  mode: 0o4751,
  uid: 1000,
  gid: 100,
  mtimeSec: 1_600_000_000,
  mtimeNsec: 0,
  ctimeSec: 0,
  ctimeNsec: 0,
  inode: 1n,
  size: 5,
  device: 0n,
  xattrs: [],
  content: { form: 'chunk', id: new Uint8Array(32) },
};

interface Read {
  readonly records: Readonly<Record<string, string>>;
  readonly block: Buffer;
}

/** The records of the pax header, if there is one, and the entry's own block; checksums checked. */
function read(bytes: Uint8Array): Read {
  let rest = Buffer.from(bytes);
  const records: Record<string, string> = {};
  checkSum(rest);
  if (rest.toString('latin1', 156, 157) === 'x') {
    const size = Number.parseInt(rest.toString('latin1', 124, 135), 8);
    for (let at = 512; at < 512 + size; ) {
      const length = Number.parseInt(rest.toString('latin1', at, at + 10), 10);
      const record = rest.toString('latin1', at, at + length);
      if (!record.endsWith('\n')) throw new Error(`A record of ${length} bytes does not end there.`);
      const text = record.slice(record.indexOf(' ') + 1, -1);
      records[text.slice(0, text.indexOf('='))] = text.slice(text.indexOf('=') + 1);
      at += length;
    }
    rest = rest.subarray(512 + Math.ceil(size / 512) * 512);
    checkSum(rest);
  }
  return { records, block: rest };
}

function checkSum(block: Buffer): void {
  const copy = Buffer.from(block.subarray(0, 512));
  const said = Number.parseInt(copy.toString('latin1', 148, 154), 8);
  copy.fill(0x20, 148, 156);
  const sum = copy.reduce((total, byte) => total + byte, 0);
  if (sum !== said) throw new Error(`The checksum is ${said}, expected ${sum}.`);
}

function header(more: Partial<TreeEntry> = {}, path = 's/f', owners: readonly OwnerName[] = []): Read {
  return read(tarHeader({ path: utf8(path), entry: { ...base, ...more }, owners }));
}
const text = (block: Buffer, from: number, to: number) => block.toString('latin1', from, to).replace(/\0.*$/s, '');

t.test('tarHeader() needs nothing but its block for an ordinary file', async (test) => {
  const owners: OwnerName[] = [
    { kind: 'group', id: 1000, name: utf8('not the user') },
    { kind: 'user', id: 1000, name: utf8('ana') },
    { kind: 'group', id: 100, name: utf8('users') },
  ];
  const { records, block } = header({}, 's/f', owners);
  test.same(records, {});
  test.equal(block.length, 512);
  test.same([text(block, 0, 100), text(block, 100, 108), text(block, 108, 116)], ['s/f', '0004751', '0001750']);
  test.same([text(block, 265, 297), text(block, 297, 329)], ['ana', 'users']);
});

t.test('tarHeader() says in records what the block has no room for', async (test) => {
  const long = 'd/'.repeat(60);
  test.equal(header({}, `${long}f`).records.path, `${long}f`);
  test.equal(header({}, 's/é').records.path, Buffer.from('s/é').toString('latin1'), 'UTF-8 that is not ASCII');
  test.equal(header({ mtimeNsec: 5 }).records.mtime, '1600000000.000000005');
  test.equal(header({ mtimeSec: -5, mtimeNsec: 0 }).records.mtime, '-5');
  test.equal(header({ mtimeSec: -5, mtimeNsec: 5 }).records.mtime, '-4.999999995');
  test.equal(header({ mtimeSec: -1, mtimeNsec: 999_999_999 }).records.mtime, '-0.000000001');
  test.equal(header({ mtimeSec: 13_569_465_600 }).records.mtime, '13569465600');
  test.match(header({ uid: 4_000_000_000, gid: 2 ** 21 }).records, { uid: '4000000000', gid: '2097152' });
  test.equal(header({ size: 2 ** 33 }).records.size, String(2 ** 33));
  test.equal(header({ size: 2 ** 33 - 1 }).records.size, undefined);
  const target = 't'.repeat(101);
  const link = { type: ENTRY_TYPES.symlink, content: { form: 'link', target: utf8(target) } } as const;
  test.equal(header(link).records.linkpath, target);
});

t.test(
  'tarHeader() leaves a short name that is not UTF-8 to the block, and gives a long one as it is',
  async (test) => {
    const short = Uint8Array.of(0xff, 0xfe);
    const plain = read(tarHeader({ path: short, entry: base, owners: [] }));
    test.equal(plain.records.path, undefined);
    test.equal(text(plain.block, 0, 100), '\xff\xfe');
    const long = Buffer.alloc(150, 0xff);
    test.equal(read(tarHeader({ path: long, entry: base, owners: [] })).records.path, long.toString('latin1'));
  },
);

t.test('tarHeader() carries attributes by their bytes, ACLs as text', async (test) => {
  const acl = Buffer.from(
    '0200000001000600ffffffff0200040092100000040004 00ffffffff10000600ffffffff20000000ffffffff'.replace(' ', ''),
    'hex',
  );
  const xattrs = [
    { name: utf8('system.posix_acl_access'), value: acl },
    { name: utf8('system.posix_acl_default'), value: Uint8Array.of(9) },
    { name: utf8('user.a=b%'), value: Uint8Array.of(0, 10, 255) },
    { name: utf8('user.empty'), value: new Uint8Array(0) },
  ];
  const { records } = header({ xattrs });
  test.same(records, {
    'SCHILY.acl.access': 'user::rw-,user:4242:r--,group::r--,mask::rw-,other::---',
    'SCHILY.xattr.system.posix_acl_default': '\t',
    'SCHILY.xattr.user.a%3Db%25': '\0\n\xff',
    'SCHILY.xattr.user.empty': '',
  });
});
