import { test } from 'tap';
import { utf8 } from '../../src/base/index.js';
import { nativeCalls } from '../../src/posix/native/native-calls.js';
import { ownerNames, readOwnerNames } from '../../src/posix/owner-names.js';

test('names and ids are read from the files, first line first', (t) => {
  const path = t.testdir({
    passwd:
      'root:x:0:0:root:/root:/bin/sh\nana:x:1000:1000::/home/ana:\nann:x:1000:1000::/:\n+::::::\nbad:x:x:1::/:\n\n',
    group: 'root:x:0:\nstaff:x:50:ana,ann\n',
  });
  const asked: unknown[] = [];
  const names = readOwnerNames(`${path}/passwd`, `${path}/group`, (kind, wanted) => {
    asked.push([kind, typeof wanted === 'number' ? wanted : Buffer.from(wanted).toString()]);
    return wanted === 77 ? { id: 77, name: 'from a service' } : undefined;
  });
  t.equal(names.user(0), 'root');
  t.equal(names.user(1000), 'ana');
  t.equal(names.uid('ann'), 1000);
  t.equal(names.group(50), 'staff');
  t.equal(names.gid('staff'), 50);
  t.same(asked, [], 'the service is not asked for what the files hold');
  t.equal(names.user(77), 'from a service');
  t.equal(names.user(77), 'from a service');
  t.equal(names.uid('bad'), undefined);
  t.equal(names.gid(''), undefined);
  t.equal(names.gid('a\0b'), undefined);
  t.same(
    asked,
    [
      ['user', 77],
      ['user', 'bad'],
    ],
    'and for the rest once',
  );
  t.end();
});

test('a machine without the files knows no names', (t) => {
  const names = readOwnerNames('/nonexistent/passwd', '/nonexistent/group', () => undefined);
  t.equal(names.user(0), undefined);
  t.equal(names.gid('root'), undefined);
  t.end();
});

test('the C library knows root in both directions', (t) => {
  const native = nativeCalls();
  if (native === undefined) t.equal(ownerNames().user(0), 'root');
  else {
    t.same(native.findOwner('user', 0), { id: 0, name: 'root' });
    t.same(native.findOwner('group', 0), { id: 0, name: 'root' });
    t.same(native.findOwner('user', utf8('root')), { id: 0, name: 'root' });
    t.same(native.findOwner('group', utf8('root')), { id: 0, name: 'root' });
    t.equal(native.findOwner('user', 3_999_999_999), undefined);
    t.equal(native.findOwner('group', utf8('no-such-group-here')), undefined);
  }
  t.end();
});
