import { utf8 } from '../../src/base/index.js';
import type { HostileCase } from './hostile-case.js';

const long = (length: number): Uint8Array => new Uint8Array(length).fill(0x6e);

const REFUSED: readonly (readonly [string, Uint8Array])[] = [
  ['".."', utf8('..')],
  ['"."', utf8('.')],
  ['nothing', new Uint8Array(0)],
  ['"../outside/secret"', utf8('../outside/secret')],
  ['"/etc/x"', utf8('/etc/x')],
  ['"a/../../x"', utf8('a/../../x')],
  ['"x/"', utf8('x/')],
  ['"/"', utf8('/')],
  ['a zero byte', Uint8Array.of(0)],
  ['".." and a zero byte', Uint8Array.of(0x2e, 0x2e, 0)],
  ['a name with a zero byte inside', Uint8Array.of(0x61, 0, 0x62)],
];

const TOO_LONG: readonly (readonly [string, Uint8Array])[] = [
  ['256 bytes', long(256)],
  ['5,000 bytes', long(5000)],
];

/** A name at each place where one may stand. */
function atEveryPlace(title: string, name: Uint8Array, code: string): HostileCase[] {
  // Behind an entry without a name nothing can be told apart.
  const good = name.length > 0 ? ['zz = good'] : [];
  return [
    {
      title: `a file called ${title}`,
      make: (maker) => [maker.file(name, 'evil'), maker.file('zz', 'good')],
      codes: [code],
      left: good,
    },
    {
      title: `a directory called ${title}`,
      make: (maker) => [maker.directory(name, [maker.file('secret', 'evil')]), maker.file('zz', 'good')],
      codes: [code],
      left: good,
    },
    {
      title: `a link called ${title}`,
      make: (maker) => [maker.link(name, '../outside'), maker.file('zz', 'good')],
      codes: [code],
      left: good,
    },
  ];
}

export const NAME_CASES: readonly HostileCase[] = [
  ...REFUSED.flatMap(([title, name]) => atEveryPlace(title, name, 'DATA_CORRUPT')),
  ...TOO_LONG.flatMap(([title, name]) => atEveryPlace(title, name, 'ENAMETOOLONG')),
  ...atEveryPlace('70,000 bytes', long(70_000), 'DATA_CORRUPT'),
  {
    title: 'names that would drive a terminal',
    make: (maker) => [
      maker.file(utf8('a\u001b]0;owned\u0007\u001b[2J'), '1'),
      maker.file(utf8('b\u202egpj.exe'), '2'),
      maker.file(utf8('c\nd'), '3'),
    ],
  },
  {
    title: 'names that are not UTF-8',
    make: (maker) => [
      maker.file(Uint8Array.of(0xff, 0xfe), '1'),
      maker.file(Uint8Array.of(0xc0, 0xae, 0xc0, 0xae), '2'),
    ],
  },
  {
    title: 'a name that only restores give, with something in it',
    make: (maker) => [
      maker.directory('.bitacora-restore-0123456789abcdef', [maker.file('x', '1')]),
      maker.file('zz', 'good'),
    ],
  },
];
