import { mkdirSync, symlinkSync } from 'node:fs';
import { utf8 } from '../../src/base/index.js';
import type { Xattr } from '../../src/posix/system-calls.js';
import { bothWays, CREATE, codeOf } from './both-ways.js';

const isRoot = process.getuid?.() === 0;
const text = (xattrs: Xattr[]): [string, string][] =>
  xattrs.map(({ name, value }) => [Buffer.from(name).toString('latin1'), Buffer.from(value).toString('latin1')]);

bothWays('extended attributes come back byte for byte, sorted by name', (t, { calls, root, path }) => {
  const fd = calls.openFileAt(root, utf8('file'), CREATE, 0o600);
  mkdirSync(`${path}/directory`);
  const set = codeOf(() => calls.setXattrFd(fd, utf8('user.zeta'), Uint8Array.of(0, 255, 0)));
  if (set === 'ENOTSUP') {
    t.same(calls.listXattrsFd(fd), []);
    t.same(calls.listXattrsAt(root, utf8('directory')), []);
    t.equal(
      codeOf(() => calls.removeXattrFd(fd, utf8('user.zeta'))),
      'ENOTSUP',
    );
    calls.closeFd(fd);
    return;
  }
  t.equal(set, 'none');
  const odd = Buffer.from('user.\xff\x80', 'latin1');
  calls.setXattrFd(fd, odd, utf8('odd name'));
  calls.setXattrFd(fd, utf8('user.alpha'), new Uint8Array(0));
  calls.setXattrAt(root, utf8('directory'), utf8('user.dir'), new Uint8Array(2000).fill(0x62));
  const expected = [
    ['user.alpha', ''],
    ['user.zeta', '\0\xff\0'],
    ['user.\xff\x80', 'odd name'],
  ];
  t.same(text(calls.listXattrsFd(fd)), expected);
  t.same(text(calls.listXattrsAt(root, utf8('file'))), expected);
  t.same(text(calls.listXattrsAt(root, utf8('directory'))), [['user.dir', 'b'.repeat(2000)]]);
  calls.removeXattrFd(fd, odd);
  calls.removeXattrAt(root, utf8('file'), utf8('user.zeta'));
  t.same(text(calls.listXattrsFd(fd)), [['user.alpha', '']]);
  t.equal(
    codeOf(() => calls.removeXattrFd(fd, odd)),
    'ENODATA',
  );
  calls.closeFd(fd);
});

bothWays('attributes of a link are its own', (t, { calls, root, path }) => {
  calls.closeFd(calls.openFileAt(root, utf8('file'), CREATE, 0o600));
  symlinkSync('file', `${path}/link`);
  const set = codeOf(() => calls.setXattrAt(root, utf8('link'), utf8('trusted.note'), utf8('v')));
  if (calls.capabilities().xattrs) t.match(set, isRoot ? /^(none|EPERM|ENOTSUP)$/ : /^(EPERM|ENOTSUP)$/);
  else t.equal(set, 'ENOTSUP');
  t.same(text(calls.listXattrsAt(root, utf8('link'))), set === 'none' ? [['trusted.note', 'v']] : []);
  t.same(calls.listXattrsAt(root, utf8('file')), []);
});

bothWays('file capabilities and access lists are attributes like others', (t, { calls, root }) => {
  const fd = calls.openFileAt(root, utf8('file'), CREATE, 0o640);
  // Version 2; user::rw-, user:1:r--, group::r--, mask::r--, other::---.
  const acl = Buffer.from(
    '02000000' + '01000600ffffffff' + '0200040001000000' + '04000400ffffffff' + '10000400ffffffff' + '20000000ffffffff',
    'hex',
  );
  const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
  const setAcl = codeOf(() => calls.setXattrFd(fd, utf8('system.posix_acl_access'), acl));
  const setCapability = codeOf(() => calls.setXattrFd(fd, utf8('security.capability'), capability));
  t.match(setAcl, /^(none|ENOTSUP)$/);
  t.match(setCapability, isRoot ? /^(none|EPERM|ENOTSUP)$/ : /^(EPERM|ENOTSUP)$/);
  const expected: [string, string][] = [];
  if (setCapability === 'none') expected.push(['security.capability', capability.toString('latin1')]);
  if (setAcl === 'none') expected.push(['system.posix_acl_access', acl.toString('latin1')]);
  t.same(text(calls.listXattrsFd(fd)), expected);
  calls.closeFd(fd);
});
