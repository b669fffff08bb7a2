import { concatBytes, utf8 } from '../../src/base/index.js';
import {
  CHUNK_KINDS,
  ENTRY_FLAGS,
  ENTRY_TYPES,
  type ExtendedAttribute,
  encodeEntry,
  encodeLeaf,
} from '../../src/format/index.js';
import type { HostileCase } from './hostile-case.js';

const attribute = (name: string, value: Uint8Array = utf8('v')): ExtendedAttribute => ({ name: utf8(name), value });

/** A file with such attributes: it comes back, with a word on what could not be set where the system says no. */
function xattrCase(title: string, xattrs: readonly ExtendedAttribute[], codes?: readonly string[]): HostileCase {
  return {
    title,
    make: (maker) => [
      maker.file('a', 'mine', { xattrs }),
      maker.directory('d', [], { xattrs }),
      maker.file('z', 'good'),
    ],
    left: ['a = mine', 'd/', 'z = good'],
    ...(codes && { codes }),
  };
}

/** A file with more than any system has, which costs that file. */
function refused(title: string, xattrs: readonly ExtendedAttribute[]): HostileCase {
  return {
    title,
    make: (maker) => [maker.file('a', 'mine', { xattrs }), maker.file('z', 'good')],
    codes: ['DATA_CORRUPT'],
    left: ['z = good'],
  };
}

export const METADATA_CASES: readonly HostileCase[] = [
  xattrCase('an attribute of no name space', [attribute('colour')], ['ENOTSUP', 'EOPNOTSUPP', 'EINVAL']),
  xattrCase('an attribute without a name', [attribute('')], ['ERANGE', 'EINVAL', 'ENOTSUP']),
  xattrCase('an attribute of 300 letters', [attribute(`user.${'n'.repeat(300)}`)], ['ERANGE', 'ENOTSUP']),
  refused('an attribute of 70,000 letters', [attribute(`user.${'n'.repeat(70_000)}`)]),
  xattrCase('an attribute with a zero byte in its name', [attribute('user.a\0b')], ['EINVAL', 'ENOTSUP']),
  xattrCase(
    'an attribute of a million bytes',
    [attribute('user.big', new Uint8Array(1_000_000))],
    ['E2BIG', 'ENOSPC', 'ENOTSUP'],
  ),
  refused(
    'seventy thousand attributes',
    Array.from({ length: 70_000 }, (_, i) => attribute(`user.${i}`, new Uint8Array(0))),
  ),
  xattrCase('the same attribute twice', [attribute('user.a', utf8('1')), attribute('user.a', utf8('2'))]),
  xattrCase('attributes of security and the trusted', [
    attribute('security.capability', new Uint8Array(20)),
    attribute('security.selinux', utf8('system_u:object_r:shadow_t:s0')),
    attribute('trusted.overlay.opaque', utf8('y')),
    attribute('trusted.md5', utf8('x')),
    attribute('system.posix_acl_access', utf8('no access list')),
  ]),
  {
    title: 'owners and groups out of range',
    make: (maker) => [
      maker.file('a', 'mine', { uid: 0xffffffff, gid: 0xffffffff, mode: 0o6755 }),
      maker.file('b', 'mine', { uid: 0xfffffffe, gid: 0x80000000, mode: 0o6755 }),
      maker.directory('d', [], { uid: 0xfffffffe, gid: 0xfffffffe, mode: 0o7777 }),
    ],
    left: ['a = mine', 'b = mine', 'd/'],
  },
  {
    title: 'owners whose names are hostile',
    make: (maker) => {
      const owners = [
        { kind: 'user' as const, id: 7, name: utf8('root\n') },
        { kind: 'user' as const, id: 7, name: utf8('../../root') },
        { kind: 'group' as const, id: 7, name: new Uint8Array(5000).fill(0x61) },
        { kind: 'group' as const, id: 8, name: new Uint8Array(0) },
      ];
      const entry = encodeEntry(maker.file('a', 'mine', { uid: 7, gid: 7 }));
      const leaf = encodeLeaf(owners, entry, 1);
      return { scopes: [{ path: '/s', entry: maker.directoryOf('s', maker.chunk(CHUNK_KINDS.node, leaf)) }] };
    },
    left: ['a = mine'],
  },
  {
    title: 'set-user-id of root on everything',
    make: (maker) => [
      maker.file('a', '#!/bin/sh', { uid: 0, gid: 0, mode: 0o7777 }),
      maker.directory('d', [maker.file('b', 'x', { uid: 0, gid: 0, mode: 0o7777 })], { uid: 0, gid: 0, mode: 0o7777 }),
    ],
    left: ['a = #!/bin/sh', 'd/', 'd/b = x'],
  },
  {
    title: 'directories that nobody may enter',
    make: (maker) => [
      maker.directory('d', [maker.directory('e', [maker.file('x', '1')], { mode: 0 })], { mode: 0 }),
      maker.file('z', 'good', { mode: 0 }),
    ],
  },
  {
    title: 'times far before and behind all time',
    make: (maker) => [
      maker.file('a', '1', { mtimeSec: 2 ** 62 }),
      maker.file('b', '2', { mtimeSec: -(2 ** 62) }),
      maker.file('c', '3', { mtimeSec: 2 ** 40, ctimeSec: 2 ** 62 }),
      maker.file('d', '4', { mtimeSec: -(2 ** 63) }),
      maker.directory('e', [], { mtimeSec: 2 ** 62 }),
      maker.link('f', 'a', { mtimeSec: -(2 ** 63) }),
    ],
    left: ['a = 1', 'b = 2', 'c = 3', 'd = 4', 'e/', 'f -> a'],
  },
  {
    title: 'nanoseconds that are seconds',
    make: (maker) => [
      maker.file('a', '1', { mtimeNsec: 1_000_000_000 }),
      maker.file('b', '2', { mtimeNsec: 0x3fffffff }),
      maker.file('c', '3', { mtimeNsec: 0x3ffffffe }),
      maker.file('d', '4', { mtimeNsec: 0xffffffff, ctimeNsec: 0xffffffff }),
      maker.file('z', 'good'),
    ],
    codes: ['DATA_CORRUPT'],
    left: ['z = good'],
  },
  {
    title: 'devices of all kinds',
    make: (maker) => [
      maker.entry('mem', ENTRY_TYPES.charDevice, { form: 'device', major: 1, minor: 1 }, { mode: 0o666 }),
      maker.entry('disk', ENTRY_TYPES.blockDevice, { form: 'device', major: 8, minor: 0 }, { mode: 0o666 }),
      maker.entry('none', ENTRY_TYPES.charDevice, { form: 'device', major: 0xffffffff, minor: 0xffffffff }),
      maker.file('z', 'good'),
    ],
  },
  {
    title: 'a fifo and a socket where files were, and a file behind them',
    make: (maker) => [
      maker.entry('fifo', ENTRY_TYPES.fifo, { form: 'none' }),
      maker.entry('socket', ENTRY_TYPES.socket, { form: 'none' }),
      maker.file('z', 'good'),
    ],
    left: ['fifo special', 'socket special', 'z = good'],
  },
  {
    title: 'a link without a target',
    make: (maker) => [maker.link('a', ''), maker.file('z', 'good')],
    codes: ['ENOENT', 'EINVAL'],
    left: ['z = good'],
  },
  {
    title: 'a link target of 5,000 bytes',
    make: (maker) => [maker.link('a', 'x'.repeat(5000)), maker.file('z', 'good')],
    codes: ['ENAMETOOLONG'],
    left: ['z = good'],
  },
  {
    title: 'a link target with a zero byte in it',
    make: (maker) => [maker.link('a', Uint8Array.of(0x2f, 0, 0x61)), maker.file('z', 'good')],
    codes: ['EINVAL'],
    left: ['z = good'],
  },
  {
    title: 'links to everywhere, with rights of their own',
    make: (maker) =>
      ['/', '/etc/passwd', '..', '../outside/secret', '/proc/self/fd/0', '.'].map((target, i) =>
        maker.link(`l${i}`, target, { mode: 0o7777, uid: 0, gid: 0, xattrs: [attribute('trusted.x')] }),
      ),
    left: ['l0 -> /', 'l1 -> /etc/passwd', 'l2 -> ..', 'l3 -> ../outside/secret', 'l4 -> /proc/self/fd/0', 'l5 -> .'],
  },
  {
    title: 'all flags at once',
    make: (maker) => [maker.file('a', 'mine', { flags: 0x3f & ~ENTRY_FLAGS.xattrs }), maker.file('z', 'good')],
  },
  {
    title: 'flags that nobody knows yet',
    make: (maker) => [maker.file('a', 'mine', { flags: 0x40 }), maker.file('z', 'good')],
    codes: ['FORMAT_NEWER'],
    left: ['z = good'],
  },
  {
    title: 'an attribute table that claims a billion',
    make: (maker) => {
      const good = encodeEntry(maker.file('a', '1'));
      const entry = maker.file('b', '', { flags: ENTRY_FLAGS.xattrs });
      const bad = Buffer.from(encodeEntry(entry));
      // Count 0 becomes the first byte of a number that does not end.
      bad[bad.length - 2] = 0xff;
      const leaf = encodeLeaf([], concatBytes([good, bad]), 2);
      return { scopes: [{ path: '/s', entry: maker.directoryOf('s', maker.chunk(CHUNK_KINDS.node, leaf)) }] };
    },
    codes: ['DATA_CORRUPT'],
    left: ['a = 1'],
  },
];
