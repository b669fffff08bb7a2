import t from 'tap';
import { usualSocket } from '../../src/daemon/socket-place.js';

const environment = { notifySocket: undefined, watchdogMs: undefined, passed: [], temporaryDirectory: '/tmp' };

t.test('usualSocket() is root’s, or below the user’s own directory and another for each vault', async (t) => {
  const root = { ...environment, uid: 0, runtimeDirectory: '/run/user/0' };
  t.equal(usualSocket('/srv/vault', root), '/run/bitacora/bitacora.sock');
  const user = { ...environment, uid: 1000, runtimeDirectory: '/run/user/1000' };
  t.match(usualSocket('/srv/vault', user), /^\/run\/user\/1000\/bitacora\/[0-9a-f]{16}\.sock$/);
  t.not(usualSocket('/srv/vault', user), usualSocket('/srv/other', user));
  t.match(
    usualSocket('/srv/vault', { ...user, runtimeDirectory: undefined }),
    /^\/tmp\/bitacora-1000\/[0-9a-f]{16}\.sock$/,
  );
});
